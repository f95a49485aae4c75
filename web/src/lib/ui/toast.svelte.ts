export interface Toast {
	id: number;
	text: string;
	/** What went well, and what went wrong but needs nothing from the reader. */
	tone: 'good' | 'plain' | 'bad';
	/** One thing that can be done about it: undo. */
	action?: { label: string; act: () => unknown };
}

const SHOWN_MS = 6000;
/** With something to press there must be time to read and to reach it. */
const SHOWN_WITH_ACTION_MS = 12_000;
let next = 0;
let shown = $state<Toast[]>([]);
// Nothing on screen depends on it.
// eslint-disable-next-line svelte/prefer-svelte-reactivity
const timers = new Map<number, ReturnType<typeof setTimeout>>();

function leave(toast: Toast) {
	clearTimeout(timers.get(toast.id));
	timers.set(
		toast.id,
		setTimeout(() => toasts.drop(toast.id), toast.action ? SHOWN_WITH_ACTION_MS : SHOWN_MS),
	);
}

export const toasts = {
	get shown(): readonly Toast[] {
		return shown;
	},
	/** Says something that needs no answer. Errors that need one stand where they happened instead. */
	say(text: string, more: { tone?: Toast['tone']; action?: Toast['action'] } = {}) {
		const toast: Toast = { id: next++, text, tone: 'plain', ...more };
		shown.push(toast);
		leave(toast);
	},
	/** Somebody is reading: none of them goes (WCAG 2.2.1). */
	hold() {
		for (const timer of timers.values()) clearTimeout(timer);
	},
	/** Nobody is any more: each has its whole time again. */
	release() {
		shown.forEach(leave);
	},
	drop(id: number) {
		clearTimeout(timers.get(id));
		timers.delete(id);
		shown = shown.filter((toast) => toast.id !== id);
	},
};
