import { expect, it } from 'vitest';
import { fullTime, relativeTime } from './format';

const NOW = new Date('2026-03-10T12:00:00Z');
const before = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();

it.each([
	[5, 'now'],
	[60, '1 minute ago'],
	[3599, '59 minutes ago'],
	[3 * 3600, '3 hours ago'],
	[30 * 3600, 'yesterday'],
	[9 * 86_400, 'last week'],
	[40 * 86_400, 'last month'],
	[800 * 86_400, '2 years ago'],
	[-2 * 86_400, 'in 2 days'],
])('tells %i seconds as %j', (seconds, told) => {
	expect(relativeTime(before(seconds), NOW)).toBe(told);
});

it('names the day, the year and the zone in full', () => {
	expect(fullTime('2026-03-10T12:00:00Z')).toMatch(/Tuesday.*2026.*\d/);
});
