import { describe, expect, it } from 'vitest';
import type { Metrics, RoundMetrics } from '$lib/api/types';
import { bySubProblem, ceilingOf, cells, flipsOf, known, measuresOf } from './figures';

const phase: Metrics['phases'][number] = {
	phase: 'voting',
	elapsed_ms: 1500,
	absences: 1,
	answers: 4,
	tokens_in: 16_000,
	tokens_out: 400,
	tokens_cached: 12_000,
	tokens_reasoning: 0,
	cache_share: 0.75,
	repairs: 1,
	latency: { median_ms: 400, longest_ms: 2000 },
	money: { microusd: 6000, unpriced: 0 },
};
const round = (sub_problem: number, number: number): RoundMetrics => ({
	sub_problem,
	round: number,
	kind: number === 0 ? 'initial' : 'discussion',
	contributions: 3,
	absences: 0,
	novelty: null,
	drift: 0.25,
	agreement: 0.5,
	flips: null,
});

describe('the cells of a phase', () => {
	it('stand in the order of the columns', () => {
		expect(cells(phase)).toEqual([
			'1.5 sec',
			'4',
			'16,000',
			'75%',
			'400',
			'0',
			'1',
			'400 ms / 2 sec',
			'$0.006',
			'1',
		]);
	});

	it('say what is unknown and never put a number there', () => {
		const told = cells({
			...phase,
			elapsed_ms: null,
			tokens_in: null,
			cache_share: null,
			latency: null,
			money: null,
		});
		expect([told[0], told[2], told[3], told[7], told[8]]).toEqual(Array(5).fill('unknown'));
	});

	it('leave out the sums of a phase without answers, which is as wide as the others', () => {
		const told = cells({ ...phase, answers: 0, absences: 0 });
		expect(told.slice(2, 9)).toEqual(Array(7).fill('–'));
		expect(told).toHaveLength(cells(phase).length);
	});
});

describe('rounds', () => {
	it('are gathered by sub-problem in their order', () => {
		const found = bySubProblem([round(0, 0), round(0, 1), round(2, 0)]);
		expect(found.map(({ index, rounds }) => [index, rounds.map((one) => one.round)])).toEqual([
			[0, [0, 1]],
			[2, [0]],
		]);
	});

	it('are drawn with their gaps', () => {
		expect(measuresOf([round(0, 1)])).toEqual([{ round: 1, novelty: null, drift: 0.25, agreement: 0.5 }]);
		expect(known(null, String)).toBe('unknown');
		expect(known(0, String)).toBe('0');
	});

	it('tell flips with and without a cited reason apart, and none from impossible', () => {
		expect(flipsOf({ cited: 2, uncited: 1 })).toBe('2 cited, 1 not');
		expect(flipsOf({ cited: 0, uncited: 0 })).toBe('0 cited, 0 not');
		expect(flipsOf(null)).toBe('–');
	});
});

describe('the ceiling', () => {
	const totals = (share: number | null) =>
		({ ceiling: { microusd: 1_000_000, counted_microusd: 30_200, share } }) as Metrics['totals'];

	it('is beside the cost, or beside the part of it that is known', () => {
		expect(ceilingOf(totals(0.0302))).toBe('3% of the ceiling of $1.00');
		expect(ceilingOf(totals(null))).toBe('$0.03 known, of a ceiling of $1.00');
		expect(ceilingOf({} as Metrics['totals'])).toBeUndefined();
	});
});
