import type { Calibration, CalibrationScore } from '$lib/api/types';
import { percent } from '$lib/format';

/** What saying "half" every time earns: from here on a record says less than a coin. */
export const COIN = 0.25;

/** What may be said of a record: nothing yet, too little to tell skill from luck, or something. */
export type Standing = 'none' | 'few' | 'enough';

export function standingOf(score: Pick<CalibrationScore, 'outcomes' | 'votes'>, enough: number): Standing {
	if (score.votes === 0) return 'none';
	return score.outcomes < enough ? 'few' : 'enough';
}

/** How stated confidence and what came of it lie: `over` confident by more than the margin, `under`, or `fair`. */
export type Leaning = 'over' | 'under' | 'fair';
const MARGIN = 0.05;

export function leaningOf({ mean_confidence: said, right }: CalibrationScore): Leaning | null {
	if (typeof said !== 'number' || typeof right !== 'number') return null;
	// In thousandths: 0.75 − 0.7 is a little more than 0.05 in binary.
	const gap = Math.round((said - right) * 1000) / 1000;
	if (Math.abs(gap) <= MARGIN) return 'fair';
	return gap > 0 ? 'over' : 'under';
}

/** The ranges of confidence as the chart shows them. */
export function reliabilityOf(score: CalibrationScore) {
	return {
		labels: score.reliability.map(({ from, to }) => `${percent(from)} – ${percent(to)}`),
		said: score.reliability.map((bin) => bin.mean_confidence ?? null),
		right: score.reliability.map((bin) => bin.right ?? null),
		votes: score.reliability.map((bin) => bin.votes),
	};
}

export type PersonaRecord = Calibration['personas'][number];
