import temml from 'temml';
import type { Typeset } from './markdown-math';

/** Longer than any formula that people read; what would be is not set but shown. */
const LONGEST = 4000;
const STYLES = / style="[^"]*"/g;

/**
 * TeX as MathML, which the browser draws itself: no fonts to fetch and, unlike KaTeX's HTML, no inline styles, which the
 * policy of the page forbids. `trust` is off, so that no command can make a link, a class or an address.
 */
export const typeset: Typeset = (source, block) => {
	if (source.length > LONGEST) return null;
	try {
		const set = temml.renderToString(source, {
			displayMode: block,
			throwOnError: true,
			trust: false,
			maxSize: [20, 20],
			maxExpand: 500,
		});
		// The few that Temml writes are finer points of spacing; the policy would complain about each.
		return set.replaceAll(STYLES, '');
	} catch {
		return null;
	}
};
