/** What a cell is sorted and searched by; null is unknown and always stands last. */
export type CellValue = string | number | null;

export interface Sorting {
	key: string;
	down: boolean;
}

/** The order of two values in a language: numbers by size, texts as its readers expect ("Item 2" before "Item 10"). */
export function comparer(locale: string): (a: CellValue, b: CellValue) => number {
	const words = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
	return (a, b) =>
		typeof a === 'number' && typeof b === 'number' ? a - b : words.compare(String(a), String(b));
}

/** The rows in order; equal ones keep theirs, in both directions. */
export function sorted<T>(
	rows: readonly T[],
	value: (row: T) => CellValue,
	down: boolean,
	locale: string,
): T[] {
	const compare = comparer(locale);
	return rows.toSorted((left, right) => {
		const [a, b] = [value(left), value(right)];
		if (a === null || b === null) return Number(a === null) - Number(b === null);
		return down ? compare(b, a) : compare(a, b);
	});
}

/** A text as people search it: without accents and without regard to capitals. */
function plain(text: string): string {
	return text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}

/** The rows that hold every word of the search, in any of their cells. */
export function filtered<T>(rows: readonly T[], texts: (row: T) => CellValue[], search: string): T[] {
	const words = plain(search)
		.split(/\s+/u)
		.filter((word) => word !== '');
	if (words.length === 0) return [...rows];
	return rows.filter((row) => {
		const text = plain(texts(row).join(' '));
		return words.every((word) => text.includes(word));
	});
}
