import { describe, expect, it } from 'vitest';
import { hasColour } from './emoji';
import { ballotPlaces, lampPlaces, seatPlaces } from './seats';

describe('places around the table', () => {
	it.each([2, 3, 5, 8])('keeps %i seats inside the room and apart from each other', (count) => {
		const places = seatPlaces(count);
		expect(places).toHaveLength(count);
		for (const [index, { x, y }] of places.entries()) {
			expect(x).toBeGreaterThanOrEqual(5);
			expect(x).toBeLessThanOrEqual(95);
			expect(y).toBeGreaterThanOrEqual(5);
			expect(y).toBeLessThanOrEqual(90);
			const next = places[(index + 1) % count]!;
			expect(Math.hypot(next.x - x, next.y - y)).toBeGreaterThan(18);
		}
	});

	it('lays ballots and lamps before their seats', () => {
		const [seats, cards, lamps] = [seatPlaces(4), ballotPlaces(4), lampPlaces(4)];
		for (let index = 0; index < 4; index++) {
			for (const place of [cards[index]!, lamps[index]!]) {
				expect(Math.sign(Math.round(place.x - 50))).toBe(Math.sign(Math.round(seats[index]!.x - 50)));
			}
		}
		expect(cards[0]!.y).toBeLessThan(50);
	});
});

describe('hasColour', () => {
	it('takes an empty box for none and a fox for one', () => {
		expect(hasColour([0, 0, 0, 255, 90, 90, 90, 255, 255, 0, 0, 10])).toBe(false);
		expect(hasColour([0, 0, 0, 0, 230, 120, 20, 255])).toBe(true);
	});
});
