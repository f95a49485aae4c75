import { browserStorage } from './storage';

/** Below this width the sidebar is a drawer. */
const WIDE = '(min-width: 900px)';
/** From this width on there is room for the names, unless the person closed them. */
const ROOMY = '(min-width: 1360px)';
const STORED = 'quorate.sidebar';

let wide = $state(true);
let roomy = $state(true);
let chosen = $state<'open' | 'closed' | null>(null);

/** How the frame of the app stands on this screen. */
export const frame = {
	/** Whether the sidebar stands beside the page; else it is a drawer. */
	get wide(): boolean {
		return wide;
	},
	/** Whether the sidebar shows names beside its signs. */
	get open(): boolean {
		return chosen === null ? roomy : chosen === 'open';
	},
	/** Follows the screen; answers how to stop. */
	start(): () => void {
		const kept = browserStorage.read(STORED);
		chosen = kept === 'open' || kept === 'closed' ? kept : null;
		const queries = [matchMedia(WIDE), matchMedia(ROOMY)] as const;
		const look = () => ([wide, roomy] = [queries[0].matches, queries[1].matches]);
		look();
		for (const query of queries) query.addEventListener('change', look);
		return () => {
			for (const query of queries) query.removeEventListener('change', look);
		};
	},
	/** Opens or closes the names, and remembers it on this device. */
	toggle() {
		chosen = frame.open ? 'closed' : 'open';
		browserStorage.write(STORED, chosen);
	},
};
