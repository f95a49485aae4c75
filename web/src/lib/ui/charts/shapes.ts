import { scaleLinear, scalePoint, scaleBand } from 'd3-scale';
import {
	line,
	symbol,
	symbolCircle,
	symbolDiamond,
	symbolSquare,
	symbolTriangle,
	symbolWye,
	type SymbolType,
} from 'd3-shape';

/** One line or one kind of bar; null is a value that nobody knows, and is never drawn as zero. */
export interface Series {
	name: string;
	values: (number | null)[];
}

export interface Area {
	left: number;
	right: number;
	top: number;
	bottom: number;
}

interface Look {
	stroke: string;
	fill: string;
	dash: string;
	mark: SymbolType;
}

/** How series differ: by colour, and for those who do not tell colours apart by dashes, marks and hatching. */
export const LOOKS: readonly Look[] = [
	{ stroke: 'stroke-baize', fill: 'fill-baize', dash: 'none', mark: symbolCircle },
	{ stroke: 'stroke-brass', fill: 'fill-brass', dash: '7 4', mark: symbolSquare },
	{ stroke: 'stroke-oxblood', fill: 'fill-oxblood', dash: '2 4', mark: symbolTriangle },
	{ stroke: 'stroke-slate', fill: 'fill-slate', dash: '10 3 2 3', mark: symbolDiamond },
	{ stroke: 'stroke-ink', fill: 'fill-ink', dash: '1 3', mark: symbolWye },
];

/** The look of a series by its place. */
export function lookOf(index: number): Look {
	return LOOKS[index % LOOKS.length] as Look;
}

/** The mark of a series, around the origin. */
export function markPath(index: number, area = 44): string {
	return symbol(lookOf(index).mark, area)() ?? '';
}

/** From values to heights; the axis begins at zero and ends at a round number. */
export function heights(most: number, area: Area, count = 4) {
	const scale = scaleLinear([0, most > 0 ? most : 1], [area.bottom, area.top]).nice(count);
	return { y: (value: number) => scale(value), ticks: scale.ticks(count) };
}

/** Where the points of a line stand. */
export function points(count: number, area: Area): (index: number) => number {
	const scale = scalePoint([...Array(count).keys()], [area.left, area.right]).padding(count > 1 ? 0.15 : 0.5);
	return (index) => scale(index) ?? area.left;
}

/** Where bars stand, and how wide they are. */
export function bands(
	count: number,
	area: Area,
): { x: (index: number) => number; width: number; step: number } {
	const scale = scaleBand([...Array(count).keys()], [area.left, area.right]).padding(0.28);
	return { x: (index) => scale(index) ?? area.left, width: scale.bandwidth(), step: scale.step() };
}

/** A line through the known values; it breaks where one is unknown, since a bridge would claim what nobody measured. */
export function linePath(
	values: readonly (number | null)[],
	x: (index: number) => number,
	y: (value: number) => number,
): string {
	const path = line<number | null>()
		.defined((value) => value !== null)
		.x((_value, index) => x(index))
		.y((value) => y(value ?? 0));
	return path([...values]) ?? '';
}

/** Every so-manyth label is written, so that none lies on another. */
export function labelEvery(step: number, widest: number): number {
	return Math.max(1, Math.ceil(widest / Math.max(1, step)));
}

/** The largest known value of all. */
export function most(series: readonly Series[]): number {
	return Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
}
