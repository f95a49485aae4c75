import type { Persona } from '$lib/api/types';

/** Lower case without accents, so that "jose" finds "José". */
function plain(text: string): string {
	return text
		.normalize('NFD')
		.replace(/\p{Diacritic}/gu, '')
		.toLowerCase();
}

/** Whether every word of the search stands somewhere in what a persona is. */
export function matches(persona: Persona, search: string): boolean {
	const text = plain([persona.name, persona.archetype, persona.category, persona.summary].join(' '));
	return plain(search)
		.split(/\s+/)
		.every((word) => text.includes(word));
}
