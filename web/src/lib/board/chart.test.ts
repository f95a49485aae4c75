import { describe, expect, it } from 'vitest';
import { runs, spread } from './chart';

describe('runs', () => {
	it('breaks at an unknown value and never bridges it', () => {
		const measures = [
			{ round: 0, novelty: 0.9 },
			{ round: 1, novelty: null },
			{ round: 2, novelty: 0 },
			{ round: 3, novelty: 0.1 },
		];
		const found = runs(measures, 'novelty', (index, value) => ({ x: index, y: value }));
		expect(found).toEqual([
			[{ x: 0, y: 0.9 }],
			[
				{ x: 2, y: 0 },
				{ x: 3, y: 0.1 },
			],
		]);
		expect(runs(measures, 'drift', (x, y) => ({ x, y }))).toEqual([]);
	});
});

describe('spread', () => {
	it('keeps the order, the gap and the bounds', () => {
		expect(spread([50, 50, 48], 10, 0, 100)).toEqual([58, 68, 48]);
		expect(spread([99, 100, 98], 10, 0, 100)).toEqual([90, 100, 80]);
		expect(spread([10, 60, 90], 10, 0, 100)).toEqual([10, 60, 90]);
	});
});
