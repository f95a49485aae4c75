import { describe, expect, it } from 'vitest';
import type { ApiKey } from '$lib/gateway/types';
import {
	changeOf,
	complaints,
	count,
	draftOf,
	emptyDraft,
	entries,
	expiresAt,
	isNetwork,
	microUsd,
} from './draft';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const KEY: ApiKey = {
	id: '0198a000-0000-7000-8000-000000000001',
	name: 'Nightly',
	environment: 'live',
	prefix: 'qk_live_0198',
	last_four: 'wxyz',
	scopes: ['model:read'],
	models: ['fast', 'openai/*'],
	allowed_ips: ['10.0.0.0/8'],
	requests_per_minute: 60,
	max_concurrency: null,
	monthly_budget_microusd: 12_500_000,
	created_at: '2026-01-01T00:00:00Z',
	user_id: '0198a000-0000-7000-8000-000000000002',
	status: 'active',
};

it('reads lists as people write them', () => {
	expect(entries(' a, b\nc;a\t ')).toEqual(['a', 'b', 'c']);
	expect(entries('  ')).toEqual([]);
});

it.each([
	['192.168.1.7', true],
	['10.0.0.0/8', true],
	['2001:db8::/32', true],
	['::1', true],
	['10.0.0.0/33', false],
	['256.1.1.1', false],
	['10.0.0', false],
	['2001:db8::/129', false],
	['2001:db8::/32/1', false],
	['example.org', false],
	['::g', false],
])('%s is a network: %s', (text, is) => {
	expect(isNetwork(text)).toBe(is);
});

it.each([
	['', null],
	[' 60 ', 60],
	['0', undefined],
	['-1', undefined],
	['1.5', undefined],
	['many', undefined],
])('%j counts as %s', (text, value) => {
	expect(count(text)).toBe(value);
});

it.each([
	['', null],
	['5', 5_000_000],
	['$ 0.000001', 1],
	['12,50', 12_500_000],
	['0', 0],
	['0.1', 100_000],
	['1.0000001', undefined],
	['1e3', undefined],
	['-5', undefined],
])('%j dollars are %s millionths', (text, value) => {
	expect(microUsd(text)).toBe(value);
});

it('ends when it says', () => {
	expect(expiresAt({ expiry: '30', date: '' }, NOW)).toBe('2026-03-31T12:00:00.000Z');
	expect(expiresAt({ expiry: 'never', date: '' }, NOW)).toBeNull();
	expect(expiresAt({ expiry: 'same', date: '' }, NOW)).toBeUndefined();
	const day = expiresAt({ expiry: 'date', date: '2026-05-05' }, NOW);
	expect(new Date(day ?? '').getDate()).toBe(5);
});

describe('a draft', () => {
	const told = (more: object) =>
		Object.entries(complaints({ ...draftOf(KEY), ...more }, NOW))
			.filter(([, text]) => text !== undefined)
			.map(([field]) => field);

	it('of a key asks for that key', () => {
		expect(told({})).toEqual([]);
		const change = changeOf(draftOf(KEY), NOW);
		expect(change).toEqual({
			name: 'Nightly',
			scopes: ['model:read'],
			models: ['fast', 'openai/*'],
			allowed_ips: ['10.0.0.0/8'],
			requests_per_minute: 60,
			max_concurrency: null,
			monthly_budget_microusd: 12_500_000,
		});
	});

	it.each([
		[{ name: ' ' }, 'name'],
		[{ scopes: [] }, 'scopes'],
		[{ expiry: 'date', date: '2026-02-28' }, 'date'],
		[{ expiry: 'date', date: '' }, 'date'],
		[{ ips: '10.0.0.1, home' }, 'allowed_ips'],
		[{ perMinute: 'a lot' }, 'requests_per_minute'],
		[{ concurrency: '0' }, 'max_concurrency'],
		[{ budget: 'ten' }, 'monthly_budget_microusd'],
	])('%j is wrong at %s', (more, field) => {
		expect(told(more)).toEqual([field]);
	});

	it('begins without a name, with the scopes it is given', () => {
		expect(emptyDraft(['a'])).toMatchObject({ name: '', scopes: ['a'], environment: 'live', expiry: '90' });
	});
});
