import { dev } from '$app/environment';

/** How often an open page asks whether there is a new version. */
const EVERY_MS = 3_600_000;

let ready = $state(false);
let registration: ServiceWorkerRegistration | null = null;
/** The person asked for the new version in this tab. */
let wanted = false;

/** A worker that has been installed beside the one at work waits for its turn. */
function follow(installing: ServiceWorker | null) {
	if (!installing) return;
	installing.addEventListener('statechange', () => {
		if (installing.state === 'installed' && navigator.serviceWorker.controller) ready = true;
	});
}

/** The service worker (CLI-4), and the new version that it may hold. */
export const update = {
	/** Whether a new version is ready. */
	get ready(): boolean {
		return ready;
	},
	/** Registers the worker and asks for new ones from now on; answers how to stop. */
	start(): () => void {
		// Away from HTTPS and localhost there are none.
		if (dev || !('serviceWorker' in navigator)) return () => {};
		const workers = navigator.serviceWorker;
		/** The page came without a worker: the first one to take it over is no new version. */
		let first = workers.controller === null;
		let stopped = false;
		workers.register('/service-worker.js').then(
			(made) => {
				// Browsers that are told to do without workers answer with nothing.
				if (stopped || !(made as ServiceWorkerRegistration | undefined)) return;
				registration = made;
				if (made.waiting && workers.controller) ready = true;
				follow(made.installing);
				made.addEventListener('updatefound', () => follow(made.installing));
			},
			// Without a worker the app works as well; only not without a network.
			() => {},
		);
		const taken = () => {
			if (wanted) location.reload();
			// Another tab took the new version: this one keeps what is typed and says so.
			else if (!first) ready = true;
			first = false;
		};
		const ask = () => void registration?.update().catch(() => {});
		const timer = setInterval(ask, EVERY_MS);
		workers.addEventListener('controllerchange', taken);
		window.addEventListener('online', ask);
		return () => {
			stopped = true;
			clearInterval(timer);
			workers.removeEventListener('controllerchange', taken);
			window.removeEventListener('online', ask);
		};
	},
	/** Changes over to the new version. */
	take() {
		wanted = true;
		if (registration?.waiting) registration.waiting.postMessage('take-over');
		else location.reload();
	},
	/** Not now: until the next visit. */
	later() {
		ready = false;
	},
};
