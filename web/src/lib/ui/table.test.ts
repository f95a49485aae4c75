import { describe, expect, it } from 'vitest';
import { filtered, sorted } from './table';

describe('sorting', () => {
	const names = (rows: { name: string | null }[]) => rows.map((row) => row.name);
	it('puts texts in the order of the language, with numbers in them by size', () => {
		const rows = ['item 10', 'Item 2', 'água', 'zeta', 'éclair'].map((name) => ({ name }));
		expect(names(sorted(rows, (row) => row.name, false, 'es'))).toEqual([
			'água',
			'éclair',
			'Item 2',
			'item 10',
			'zeta',
		]);
	});
	it('keeps what is unknown last in both directions', () => {
		const rows = [{ n: null }, { n: 2 }, { n: 10 }, { n: -1 }];
		expect(sorted(rows, (row) => row.n, false, 'en').map((row) => row.n)).toEqual([-1, 2, 10, null]);
		expect(sorted(rows, (row) => row.n, true, 'en').map((row) => row.n)).toEqual([10, 2, -1, null]);
	});
	it('keeps the order of equal rows and leaves the given list alone', () => {
		const rows = [
			{ id: 1, n: 5 },
			{ id: 2, n: 5 },
			{ id: 3, n: 1 },
		];
		expect(sorted(rows, (row) => row.n, true, 'en').map((row) => row.id)).toEqual([1, 2, 3]);
		expect(rows.map((row) => row.id)).toEqual([1, 2, 3]);
	});
});

describe('searching', () => {
	const rows = [
		{ name: 'José Núñez', city: 'Madrid' },
		{ name: '王小明', city: '北京' },
		{ name: 'Ada Lovelace', city: 'London' },
	];
	const find = (search: string) =>
		filtered(rows, (row) => [row.name, row.city], search).map((row) => row.city);
	it('finds without accents and capitals, words in any order and in any cell', () => {
		expect(find('NUNEZ')).toEqual(['Madrid']);
		expect(find('london  ada')).toEqual(['London']);
		expect(find('小明')).toEqual(['北京']);
		expect(find('ada madrid')).toEqual([]);
	});
	it('takes an empty search for everything', () => {
		expect(find('  ')).toHaveLength(3);
	});
});
