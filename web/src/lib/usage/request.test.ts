import { expect, it } from 'vitest';
import type { UsageRequest } from '$lib/gateway/types';
import { ending, PURPOSES, purposeName, STATUSES, tokensOf } from './request';

it('names every purpose and ending, and shows a strange one as it is', () => {
	expect(new Set(PURPOSES.map(purposeName)).size).toBe(PURPOSES.length);
	expect(new Set(STATUSES.map((one) => ending(one).text)).size).toBe(STATUSES.length);
	expect(purposeName('constructor')).toBe('constructor');
	expect(ending('rate_limited')).toEqual({ text: 'rate limited', tone: 'oxblood' });
});

it('does not take uncounted tokens for none', () => {
	const of = (more: Partial<UsageRequest>) => tokensOf(more as UsageRequest);
	expect([
		of({}),
		of({ tokens_in: null, tokens_out: null }),
		of({ tokens_in: 0 }),
		of({ tokens_out: 7 }),
	]).toEqual([null, null, 0, 7]);
});
