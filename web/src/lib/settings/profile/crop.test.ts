import { describe, expect, it } from 'vitest';
import { centred, cropOf, dragged, MOST_ZOOM, movable, SIDE } from './crop';

const wide = { width: 1600, height: 900 };

describe('cropOf', () => {
	it('takes the middle square at first', () => {
		expect(cropOf(wide, centred())).toEqual({ left: 350, top: 0, side: 900 });
		expect(cropOf({ width: 100, height: 400 }, centred())).toEqual({ left: 0, top: 150, side: 100 });
	});

	it('never leaves the picture, whatever the view says', () => {
		for (const zoom of [-3, 0, 0.5, 1, 1.7, MOST_ZOOM, 99]) {
			for (const x of [-9, -1, 0, 0.3, 1, 9]) {
				for (const y of [-9, -1, 0, 0.3, 1, 9]) {
					for (const picture of [wide, { width: 3, height: 7 }, { width: 256, height: 256 }]) {
						const { left, top, side } = cropOf(picture, { zoom, x, y });
						expect(side).toBeGreaterThan(0);
						expect(left).toBeGreaterThanOrEqual(0);
						expect(top).toBeGreaterThanOrEqual(0);
						expect(left + side).toBeLessThanOrEqual(picture.width + 1e-9);
						expect(top + side).toBeLessThanOrEqual(picture.height + 1e-9);
					}
				}
			}
		}
	});
});

describe('dragged', () => {
	it('follows the finger: the point under it stays under it', () => {
		const view = { zoom: 2, x: 0.1, y: -0.2 };
		const before = cropOf(wide, view);
		const after = cropOf(wide, dragged(wide, view, { x: 30, y: -12 }, SIDE));
		const scale = before.side / SIDE;
		expect(after.left).toBeCloseTo(before.left - 30 * scale);
		expect(after.top).toBeCloseTo(before.top + 12 * scale);
	});

	it('stops at the edges and stays put where there is no room', () => {
		expect(dragged(wide, centred(), { x: 9999, y: 50 }, SIDE)).toEqual({ zoom: 1, x: -1, y: 0 });
		expect(dragged(wide, centred(), { x: -9999, y: 0 }, SIDE)).toEqual({ zoom: 1, x: 1, y: 0 });
	});
});

it('knows what can move', () => {
	expect(movable(wide, centred())).toEqual({ x: true, y: false });
	expect(movable(wide, { zoom: 1.5, x: 0, y: 0 })).toEqual({ x: true, y: true });
	expect(movable({ width: 512, height: 512 }, centred())).toEqual({ x: false, y: false });
});
