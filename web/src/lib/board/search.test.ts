import { expect, it } from 'vitest';
import type { Persona } from '$lib/api/types';
import { categoriesOf, matches } from './search';

const persona = (name: string, category: string) =>
	({ name, category, archetype: 'The Realist', summary: 'Follows the cash.' }) as Persona;
const jose = persona('José Núñez', 'finance');

it('finds by any words, without accents, and within a category', () => {
	expect(matches(jose, 'nunez cash')).toBe(true);
	expect(matches(jose, 'nunez brand')).toBe(false);
	expect(matches(jose, '', 'finance')).toBe(true);
	expect(matches(jose, 'jose', 'legal')).toBe(false);
	expect(matches(jose, 'finanzas', null, 'Finanzas')).toBe(true);
});

it('counts categories in the order of their names', () => {
	const all = [jose, persona('Ada', 'legal'), persona('Max', 'finance')];
	expect(categoriesOf(all, (category) => (category === 'legal' ? 'Derecho' : 'Finanzas'))).toEqual([
		{ category: 'legal', name: 'Derecho', count: 1 },
		{ category: 'finance', name: 'Finanzas', count: 2 },
	]);
});
