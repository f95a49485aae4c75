import { describe, expect, it } from 'vitest';
import { bands, heights, labelEvery, linePath, lookOf, markPath, most, points } from './shapes';

const AREA = { left: 50, right: 250, top: 10, bottom: 110 };

describe('the axis', () => {
	it('begins at zero and ends at a round number above the largest value', () => {
		const { y, ticks } = heights(87, AREA);
		expect(ticks[0]).toBe(0);
		expect(ticks.at(-1)).toBe(100);
		expect([y(0), y(100)]).toEqual([110, 10]);
	});
	it('stands also when nothing was measured', () => {
		expect(heights(0, AREA).y(0)).toBe(110);
	});
	it('counts unknown values as nothing', () => {
		expect(most([{ name: 'a', values: [null, 3] }])).toBe(3);
		expect(most([])).toBe(0);
	});
});

describe('a line', () => {
	it('breaks where a value is unknown', () => {
		const x = points(4, AREA);
		const path = linePath([1, 2, null, 3], x, heights(3, AREA).y);
		expect(path.match(/M/g)).toHaveLength(2);
		expect(path).not.toContain('NaN');
	});
	it('keeps its points inside the area, one alone in the middle', () => {
		const x = points(3, AREA);
		expect(x(0)).toBeGreaterThanOrEqual(50);
		expect(x(2)).toBeLessThanOrEqual(250);
		expect(points(1, AREA)(0)).toBe(150);
	});
});

it('lays bars side by side without touching', () => {
	const { x, width, step } = bands(5, AREA);
	expect(x(1) - x(0)).toBeCloseTo(step);
	expect(width).toBeLessThan(step);
	expect(x(4) + width).toBeLessThanOrEqual(250);
});

it('leaves out labels that would lie on one another', () => {
	expect(labelEvery(20, 70)).toBe(4);
	expect(labelEvery(90, 70)).toBe(1);
});

it('gives five series five looks that differ without colour', () => {
	const looks = [0, 1, 2, 3, 4].map((index) => `${lookOf(index).dash} ${markPath(index)}`);
	expect(new Set(looks).size).toBe(5);
});
