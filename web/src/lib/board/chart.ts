import type { RoundMeasure } from '$lib/api/types';

export type Measure = 'agreement' | 'novelty' | 'drift';
export const MEASURES: readonly Measure[] = ['agreement', 'novelty', 'drift'];

export interface Point {
	x: number;
	y: number;
}

/** The measure of a round, or null where it is unknown (BRD-12): a missing value never becomes a number. */
export function valueOf(measure: RoundMeasure, name: Measure): number | null {
	return measure[name] ?? null;
}

/**
 * The unbroken runs of a line. An unknown value breaks the line instead of being bridged, since a bridge would claim a
 * value that nobody measured.
 */
export function runs(
	measures: readonly RoundMeasure[],
	name: Measure,
	at: (index: number, value: number) => Point,
): Point[][] {
	const found: Point[][] = [];
	let open: Point[] = [];
	measures.forEach((measure, index) => {
		const value = valueOf(measure, name);
		if (value === null) {
			if (open.length > 0) found.push(open);
			open = [];
		} else {
			open.push(at(index, value));
		}
	});
	if (open.length > 0) found.push(open);
	return found;
}

/** Moves labels apart so that none lies on another, keeping their order; positions in the units of the drawing. */
export function spread(wanted: readonly number[], gap: number, low: number, high: number): number[] {
	const order = wanted.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y);
	let floor = low;
	for (const label of order) {
		label.y = Math.max(label.y, floor);
		floor = label.y + gap;
	}
	let ceiling = high;
	for (const label of order.toReversed()) {
		label.y = Math.min(label.y, ceiling);
		ceiling = label.y - gap;
	}
	const placed = [...wanted];
	for (const label of order) placed[label.index] = label.y;
	return placed;
}
