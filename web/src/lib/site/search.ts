/** A passage that can be found. */
export interface Entry {
	href: string;
	document: string;
	heading: string;
	text: string;
}
export interface Hit extends Entry {
	/** The words around the first place that was found. */
	excerpt: string;
}

const MOST = 8;
const BEFORE = 40;
const AFTER = 110;

const fold = (text: string) => text.toLowerCase().normalize('NFKD').replaceAll(/\p{M}/gu, '');

/**
 * The passages that hold every word of the query, the best first: a heading counts more than a document's title, and
 * that more than the text. The last word may be the beginning of one.
 */
export function search(entries: readonly Entry[], query: string): Hit[] {
	const words = fold(query).split(/\s+/).filter(Boolean);
	if (words.length === 0) return [];
	const found: { entry: Entry; score: number }[] = [];
	for (const entry of entries) {
		const [heading, title, text] = [fold(entry.heading), fold(entry.document), fold(entry.text)];
		let score = 0;
		for (const word of words) {
			const worth =
				(heading.includes(word) ? 8 : 0) + (title.includes(word) ? 3 : 0) + (text.includes(word) ? 1 : 0);
			if (worth === 0) {
				score = 0;
				break;
			}
			score += worth;
		}
		if (score > 0) found.push({ entry, score });
	}
	return found
		.sort((a, b) => b.score - a.score)
		.slice(0, MOST)
		.map(({ entry }) => ({ ...entry, excerpt: excerpt(entry.text, words) }));
}

function excerpt(text: string, words: readonly string[]): string {
	const lower = text.toLowerCase();
	const at = Math.min(...words.map((word) => lower.indexOf(word)).filter((place) => place >= 0));
	if (!Number.isFinite(at) || at <= BEFORE) return cut(text, 0);
	const from = text.indexOf(' ', at - BEFORE) + 1;
	return `… ${cut(text, from)}`;
}

function cut(text: string, from: number): string {
	const to = from + BEFORE + AFTER;
	return text.length <= to ? text.slice(from) : `${text.slice(from, to).replace(/\s+\S*$/, '')} …`;
}
