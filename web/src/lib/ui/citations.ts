import { getContext, setContext } from 'svelte';

/** Where a ref such as `C3` or `S1` leads on this page; null where it leads nowhere. */
export type Resolve = (ref: string) => string | null;

/** A text in pieces; those with a `ref` stood in square brackets. */
export interface Piece {
	text: string;
	ref?: string;
}

const REF = /\[([CS]\d{1,4})\]/g;
const KEY = Symbol('citations');

/** Tells everything inside this component where refs lead. */
export function provideCitations(resolve: () => Resolve): void {
	setContext(KEY, resolve);
}

/** What was told by the nearest component around. */
export function citations(): () => Resolve {
	return getContext<(() => Resolve) | undefined>(KEY) ?? (() => () => null);
}

/** A text cut at its refs. Together the pieces are the text. */
export function cutAtRefs(text: string): Piece[] {
	const pieces: Piece[] = [];
	let at = 0;
	for (const found of text.matchAll(REF)) {
		if (found.index > at) pieces.push({ text: text.slice(at, found.index) });
		pieces.push({ text: found[0], ref: found[1] });
		at = found.index + found[0].length;
	}
	if (at < text.length || pieces.length === 0) pieces.push({ text: text.slice(at) });
	return pieces;
}

/**
 * Makes links of the refs in what was rendered. After the sanitiser, and by the page: a text cannot make a link within the
 * page itself, only name a ref that the page knows.
 */
export function linkRefs(root: HTMLElement, resolve: Resolve): void {
	const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
	const texts: Text[] = [];
	for (let node = walker.nextNode(); node; node = walker.nextNode()) {
		if (!node.parentElement?.closest('a, code, pre, math')) texts.push(node as Text);
	}
	for (const node of texts) {
		const pieces = cutAtRefs(node.data);
		if (!pieces.some(({ ref }) => ref && resolve(ref))) continue;
		node.replaceWith(
			...pieces.map(({ text, ref }) => {
				const href = ref ? resolve(ref) : null;
				if (href === null) return text;
				const link = document.createElement('a');
				link.href = href;
				link.className = 'ref';
				link.textContent = text;
				return link;
			}),
		);
	}
}
