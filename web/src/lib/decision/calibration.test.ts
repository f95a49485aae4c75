import { expect, it } from 'vitest';
import type { CalibrationScore } from '$lib/api/types';
import { leaningOf, reliabilityOf, standingOf } from './calibration';

const score = (more: Partial<CalibrationScore> = {}): CalibrationScore => ({
	votes: 20,
	outcomes: 5,
	brier: 0.2,
	mean_confidence: 0.75,
	right: 0.7,
	reliability: [],
	...more,
});

it('says plainly when there is too little to tell (BRD-30)', () => {
	expect(standingOf(score({ votes: 0, outcomes: 0 }), 5)).toBe('none');
	// A decision for something else has an outcome, and no ballot of it can be scored.
	expect(standingOf(score({ votes: 0, outcomes: 3 }), 5)).toBe('none');
	expect(standingOf(score({ outcomes: 4 }), 5)).toBe('few');
	expect(standingOf(score(), 5)).toBe('enough');
});

it('tells too much confidence from too little, and small differences from both', () => {
	expect(leaningOf(score())).toBe('fair');
	expect(leaningOf(score({ right: 0.6 }))).toBe('over');
	expect(leaningOf(score({ right: 0.9 }))).toBe('under');
	expect(leaningOf(score({ right: null }))).toBeNull();
});

it('keeps what nobody knows unknown in the chart', () => {
	const bins = reliabilityOf(
		score({
			reliability: [
				{ from: 0, to: 0.2, votes: 0 },
				{ from: 0.8, to: 1, votes: 4, mean_confidence: 0.9, right: 0 },
			],
		}),
	);
	expect(bins.said).toEqual([null, 0.9]);
	expect(bins.right).toEqual([null, 0]);
	expect(bins.votes).toEqual([0, 4]);
	expect(bins.labels).toHaveLength(2);
});
