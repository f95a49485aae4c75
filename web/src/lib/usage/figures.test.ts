import { expect, it } from 'vitest';
import { cost, dollars, duration, short, whole } from './figures';

it.each([
	[0, '$0.00'],
	[1, '$0.000001'],
	[9_999, '$0.009999'],
	[10_000, '$0.01'],
	[12_500_000, '$12.50'],
	[1_234_567_890, '$1,234.57'],
	[-2_000_000, '-$2.00'],
])('%s millionths are %s', (micro, text) => {
	expect(dollars(micro)).toBe(text);
});

it('never calls an unknown cost nothing', () => {
	expect([cost(null), cost(undefined), cost(0)]).toEqual(['unknown', 'unknown', '$0.00']);
});

it('says counts and times in few signs', () => {
	expect([whole(12_345), short(1_234_567), duration(85), duration(1249), duration(null)]).toEqual([
		'12,345',
		'1.2M',
		'85 ms',
		'1.2 sec',
		'unknown',
	]);
});
