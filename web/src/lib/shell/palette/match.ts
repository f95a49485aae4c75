/** Text as it is compared: without case and accents. */
export function plain(text: string): string {
	return text
		.normalize('NFD')
		.replace(/\p{Diacritic}/gu, '')
		.toLowerCase()
		.trim();
}

/**
 * How well a text answers what was typed: every word of it has to be found. 3 for a text that begins so, 2 where each
 * word begins one of the text's, 1 for anything else that has them, 0 for no match. Nothing typed matches everything.
 */
export function fit(typed: string, text: string): number {
	const query = plain(typed);
	if (query === '') return 1;
	const hay = plain(text);
	const words = query.split(/\s+/);
	if (!words.every((word) => hay.includes(word))) return 0;
	if (hay.startsWith(query)) return 3;
	const begins = hay.split(/[^\p{L}\p{N}]+/u);
	return words.every((word) => begins.some((begin) => begin.startsWith(word))) ? 2 : 1;
}

/** Those that match, the best first; equals stay in their order. */
export function ranked<T>(typed: string, all: readonly T[], textOf: (one: T) => string): T[] {
	return all
		.map((one, index) => ({ one, index, fit: fit(typed, textOf(one)) }))
		.filter((found) => found.fit > 0)
		.sort((a, b) => b.fit - a.fit || a.index - b.index)
		.map(({ one }) => one);
}
