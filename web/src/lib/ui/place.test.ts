import { expect, it } from 'vitest';
import { place } from './place';

const screen = { width: 400, height: 800 };
const hint = { width: 100, height: 30 };

it('lies centred above its control', () => {
	expect(place({ left: 180, top: 200, width: 40, height: 40 }, hint, screen)).toEqual({
		left: 150,
		top: 164,
	});
});
it('lies below where there is no room above', () => {
	expect(place({ left: 180, top: 10, width: 40, height: 40 }, hint, screen).top).toBe(56);
});
it('keeps away from the edges', () => {
	expect(place({ left: 0, top: 200, width: 40, height: 40 }, hint, screen).left).toBe(8);
	expect(place({ left: 380, top: 200, width: 20, height: 40 }, hint, screen).left).toBe(292);
});
