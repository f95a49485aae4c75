import { expect, it } from 'vitest';
import { cutAtRefs } from './citations';

it('cuts a text at what it cites, and loses nothing', () => {
	for (const text of ['', 'No ref.', '[C3] first', 'as said [C3][S12], and [S1]', 'at the end [C10]']) {
		expect(
			cutAtRefs(text)
				.map((piece) => piece.text)
				.join(''),
			text,
		).toBe(text);
	}
	expect(cutAtRefs('as said [C3][S12].').map(({ ref }) => ref)).toEqual([undefined, 'C3', 'S12', undefined]);
});

it('takes for refs only what has their form', () => {
	for (const text of ['[C]', '[X1]', '[c1]', 'C1', '[C12345]', '[S 1]']) {
		expect(cutAtRefs(text), text).toEqual([{ text }]);
	}
});
