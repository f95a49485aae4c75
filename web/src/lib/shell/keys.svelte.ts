import { goto } from '$app/navigation';
import { frame } from './frame.svelte';
import { PLACES } from './places';
import { browserStorage } from './storage';

const STORED = 'quorate.single-keys';
/** How long `g` waits for the letter of a place. */
const PATIENCE_MS = 1500;

let single = $state(browserStorage.read(STORED) !== 'off');
let pending: ReturnType<typeof setTimeout> | undefined;

/** How this machine calls the key that goes with K. */
export function commandKey(platform: string = navigator.platform): string {
	return /Mac|iPhone|iPad/.test(platform) ? '⌘' : 'Ctrl';
}

function typing(target: EventTarget | null): boolean {
	return (
		target instanceof HTMLElement &&
		(target.isContentEditable || target.matches('input, textarea, select, [role="combobox"]'))
	);
}

function forget() {
	clearTimeout(pending);
	pending = undefined;
}

interface Acts {
	palette: () => void;
	shortcuts: () => void;
}

/** The keys of the whole app. Those of one letter can be switched off (WCAG 2.2, 2.1.4). */
export const shortcuts = {
	get single(): boolean {
		return single;
	},
	set single(on: boolean) {
		single = on;
		browserStorage.write(STORED, on ? null : 'off');
	},
	/** Looks at a key that was pressed anywhere, and does what it stands for. An open window keeps its keys. */
	press(event: KeyboardEvent, acts: Acts) {
		if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
		if (
			(event.ctrlKey || event.metaKey) &&
			!event.altKey &&
			!event.shiftKey &&
			event.key.toLowerCase() === 'k'
		) {
			event.preventDefault();
			acts.palette();
			return;
		}
		if (!single || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
		if (pending) {
			forget();
			const place = PLACES.find(({ key }) => key === event.key);
			if (place) {
				event.preventDefault();
				void goto(place.href);
			}
			return;
		}
		if (event.key === 'g') pending = setTimeout(forget, PATIENCE_MS);
		else if (event.key === '?') acts.shortcuts();
		else if (event.key === '[' && frame.wide) frame.toggle();
		else return;
		event.preventDefault();
	},
};
