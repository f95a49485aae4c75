import type { Persona } from '$lib/api/types';

/** Lower case without accents, so that "jose" finds "José". */
export function plain(text: string): string {
	return text
		.normalize('NFD')
		.replace(/\p{Diacritic}/gu, '')
		.toLowerCase();
}

/** Whether every word of the search stands somewhere in the text. */
export function contains(text: string, search: string): boolean {
	const among = plain(text);
	return plain(search)
		.split(/\s+/)
		.every((word) => among.includes(word));
}

/** Whether a persona fits: in the category, if one is chosen, and with every word of the search in what it is. */
export function matches(
	persona: Persona,
	search: string,
	category: string | null = null,
	/** The category in the reader's language. */
	field = '',
): boolean {
	if (category !== null && persona.category !== category) return false;
	return contains(
		[persona.name, persona.archetype, persona.category, field, persona.summary].join(' '),
		search,
	);
}

/** The categories of these personas with how many each has, in the order of their names. */
export function categoriesOf(
	personas: readonly Persona[],
	name: (category: string) => string,
): { category: string; name: string; count: number }[] {
	const counts = new Map<string, number>();
	for (const { category } of personas) counts.set(category, (counts.get(category) ?? 0) + 1);
	return [...counts]
		.map(([category, count]) => ({ category, name: name(category), count }))
		.sort((a, b) => a.name.localeCompare(b.name));
}
