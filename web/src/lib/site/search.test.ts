import { describe, expect, it } from 'vitest';
import { search, type Entry } from './search';

const entry = (heading: string, text: string, document = 'Doc'): Entry => ({
	href: `/docs/x#${heading}`,
	document,
	heading,
	text,
});

describe('the search of the documentation', () => {
	const entries = [
		entry('Votes', 'Each seat votes blind. Code counts.'),
		entry('Money', 'A session has a ceiling; each ballot is reserved before the votes.'),
		entry('Sesión', 'Nothing.'),
	];

	it('finds what holds every word, headings first', () => {
		expect(search(entries, 'vote').map((hit) => hit.heading)).toEqual(['Votes', 'Money']);
		expect(search(entries, 'ceiling votes').map((hit) => hit.heading)).toEqual(['Money']);
		expect(search(entries, 'ceiling aeroplane')).toEqual([]);
		expect(search(entries, '   ')).toEqual([]);
	});

	it('looks past case and accents', () => {
		expect(search(entries, 'SESION').map((hit) => hit.heading)).toEqual(['Sesión']);
	});

	it('shows the words around the place', () => {
		const long = entry('Long', `${'filler '.repeat(40)}needle ${'tail '.repeat(60)}`);
		const [hit] = search([long], 'needle');
		expect(hit?.excerpt).toMatch(/^… .*needle.* …$/);
		expect(hit?.excerpt.length).toBeLessThan(200);
	});
});
