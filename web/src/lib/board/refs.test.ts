import { expect, it } from 'vitest';
import { resolver } from './refs';
import type { Round } from './state';

const round = (entries: unknown[]): Round => ({ entries }) as unknown as Round;
const speech = (id: string, ref: string | null) => ({ kind: 'speech', id, record: ref && { ref } });

it('leads a ref to what it names, and nowhere else', () => {
	const resolve = resolver(
		{ rounds: [round([speech('a', 'C1'), speech('b', null)]), round([speech('c', 'C4')])] },
		[{ ref: 'S1' }],
		'report-source',
	);
	expect(resolve('C1')).toBe('#speech-a');
	expect(resolve('C4')).toBe('#speech-c');
	expect(resolve('S1')).toBe('#report-source-S1');
	expect([resolve('C2'), resolve('S2'), resolve('__proto__')]).toEqual([null, null, null]);
});

it('leads nowhere on a page that has only the report', () => {
	expect(resolver(undefined, [], 'source')('C1')).toBeNull();
});
