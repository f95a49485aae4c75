import { expect, it } from 'vitest';
import type { Claim } from '$lib/api/types';
import { basesOf, figuresBySection, inOrder } from './claims';

const claim = (name: string, basis: Claim['basis'], flags: Claim['flags'] = []): Claim => ({
	claim: name,
	basis,
	stated_basis: basis,
	source: null,
	figures: [],
	flags,
});

it('counts what claims rest on, the firmest first (BRD-27)', () => {
	expect(basesOf([])).toEqual([]);
	expect(basesOf([claim('a', 'assumed'), claim('b', 'given'), claim('c', 'assumed')])).toEqual([
		{ basis: 'given', count: 1 },
		{ basis: 'assumed', count: 2 },
	]);
});

it('puts what is flagged before what holds', () => {
	const order = inOrder([
		claim('inferred', 'inferred'),
		claim('flagged', 'assumed', ['unsourced_figure']),
		claim('given', 'given'),
		claim('also given', 'given'),
	]);
	expect(order.map((one) => one.claim)).toEqual(['flagged', 'given', 'also given', 'inferred']);
});

it('keeps the figures of a section together', () => {
	const figures = [
		{ figure: '19', section: 'risks' },
		{ figure: '42 %', section: 'recommendation' },
		{ figure: '7', section: 'risks' },
	];
	expect(figuresBySection(figures).map(({ section, figures: own }) => [section, own.length])).toEqual([
		['risks', 2],
		['recommendation', 1],
	]);
});
