/** A place in the room, in percent of its width and height. */
export interface Place {
	x: number;
	y: number;
}

/** The direction of each seat from the middle of the table, the first at the top, clockwise; each part is -1 to 1. */
function directions(count: number): Place[] {
	return Array.from({ length: count }, (_, index) => {
		const angle = (index / Math.max(1, count)) * 2 * Math.PI - Math.PI / 2;
		// Rounder than an ellipse at the corners, so that names stand clear of the table's edge.
		return { x: Math.sign(Math.cos(angle)) * Math.abs(Math.cos(angle)) ** 0.6, y: Math.sin(angle) };
	});
}

/** Where so many seats stand around the table. */
export function seatPlaces(count: number): Place[] {
	return directions(count).map(({ x, y }) => ({ x: 50 + 43 * x, y: 46 + 39 * y }));
}

/** Where the ballot of each seat lies, in percent of the table: before its seat, clear of the middle. */
export function ballotPlaces(count: number): Place[] {
	return Array.from({ length: count }, (_, index) => {
		const angle = (index / Math.max(1, count)) * 2 * Math.PI - Math.PI / 2;
		return { x: 50 + 40 * Math.cos(angle), y: 50 + 36 * Math.sin(angle) };
	});
}

/** Where the lamp of each seat falls on the table, in percent of the table: at its edge, before the seat. */
export function lampPlaces(count: number): Place[] {
	return directions(count).map(({ x, y }) => ({ x: 50 + 46 * x, y: 50 + 48 * y }));
}
