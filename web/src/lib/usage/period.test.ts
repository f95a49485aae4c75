import { expect, it } from 'vitest';
import { PERIODS, periodOf, spanOf } from './period';

const NOW = Date.parse('2026-03-31T12:00:00Z');

it('takes no period for the last 30 days', () => {
	expect([null, '', '1y', 'constructor'].map(periodOf)).toEqual(['30d', '30d', '30d', '30d']);
	expect(PERIODS.map(periodOf)).toEqual([...PERIODS]);
});

it.each([
	['24h', '2026-03-30T12:00:00.000Z'],
	['7d', '2026-03-24T12:00:00.000Z'],
	['30d', '2026-03-01T12:00:00.000Z'],
	['month', '2026-03-01T00:00:00.000Z'],
] as const)('%s begins at %s', (period, from) => {
	expect(spanOf(period, NOW)).toEqual({ from, to: '2026-03-31T12:00:00.000Z' });
});
