import { expect, it } from 'vitest';
import { PLACES, placeOf } from './places';

it('finds the place that a page belongs to', () => {
	for (const [path, place] of [
		['/home', '/home'],
		['/board', '/board'],
		['/board/new', '/board/new'],
		['/board/decisions', '/board/decisions'],
		['/board/calibration', '/board'],
		['/board/0198a000-0000-7000-8000-000000000001', '/board'],
		['/settings/profile', '/settings'],
		['/boardroom', null],
		['/', null],
	] as const) {
		expect(placeOf(path), path).toBe(place);
	}
});

it('has each address and each letter once', () => {
	for (const values of [PLACES.map(({ href }) => href), PLACES.flatMap(({ key }) => key ?? [])]) {
		expect(new Set(values).size).toBe(values.length);
	}
});
