import { whenUnreachable } from '$lib/api/transport';

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 30_000;

let online = $state(true);
let answering = $state(true);
let wait = FIRST_WAIT_MS;
let timer: ReturnType<typeof setTimeout> | undefined;
let waiting: (() => unknown)[] = [];

async function healthy(): Promise<boolean> {
	try {
		return (await fetch('/api/health', { cache: 'no-store' })).ok;
	} catch {
		return false;
	}
}

function again() {
	clearTimeout(timer);
	timer = setTimeout(() => void connection.look(), wait);
	wait = Math.min(LONGEST_WAIT_MS, wait * 2);
}

function back() {
	clearTimeout(timer);
	wait = FIRST_WAIT_MS;
	answering = true;
	const acts = waiting;
	waiting = [];
	for (const act of acts) act();
}

/** Whether the server can be reached: by what the browser says, and by what came of the requests. */
export const connection = {
	get state(): 'fine' | 'offline' | 'silent' {
		if (!online) return 'offline';
		return answering ? 'fine' : 'silent';
	},
	/** Watches from now on; answers how to stop. */
	start(): () => void {
		online = navigator.onLine;
		const on = () => {
			online = true;
			void connection.look();
		};
		const off = () => {
			online = false;
			clearTimeout(timer);
		};
		window.addEventListener('online', on);
		window.addEventListener('offline', off);
		whenUnreachable(() => {
			if (!navigator.onLine || !answering) return;
			answering = false;
			again();
		});
		return () => {
			window.removeEventListener('online', on);
			window.removeEventListener('offline', off);
			whenUnreachable(() => {});
			clearTimeout(timer);
			waiting = [];
		};
	},
	/** Looks now whether the server answers. */
	async look() {
		if (await healthy()) back();
		else if (online) {
			answering = false;
			again();
		}
	},
	/** Does something once, as soon as the server answers again. */
	onReturn(act: () => unknown) {
		waiting.push(act);
	},
};
