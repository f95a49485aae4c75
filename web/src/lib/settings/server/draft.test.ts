import { describe, expect, it } from 'vitest';
import type { ModelProvider } from '$lib/gateway/types';
import {
	draftOfProvider,
	draftOfRoute,
	emptyProvider,
	emptyRoute,
	hasMoved,
	headers,
	prices,
	providerChange,
	providerComplaints,
	routeChange,
	routeComplaints,
	seconds,
	targets,
} from './draft';

const OPENAI = { kind: 'openai', base_url: 'https://api.openai.com/v1', needs_key: true };
const OWN = { kind: 'openai-compatible', base_url: null, needs_key: false };
const provider: ModelProvider = {
	name: 'mine',
	kind: 'openai-compatible',
	source: 'added',
	base_url: 'https://llm.example/v1',
	has_key: true,
	key_last_four: 'wxyz',
	headers: [],
	enabled: true,
	overruled: false,
	prices: [{ model: 'm', input: 1, output: 2, cached_read: null, cache_write: 3 }],
	routes: [],
};
const wrong = (complaints: Record<string, string | undefined>) =>
	Object.keys(complaints).filter((field) => complaints[field] !== undefined);

describe('a provider in a form', () => {
	it('reads prices and headers line by line', () => {
		expect(prices('a 0,5 2\n\n b/c:70b 1 2 0.1 ')).toEqual([
			{ model: 'a', input: 0.5, output: 2, cached_read: null, cache_write: null },
			{ model: 'b/c:70b', input: 1, output: 2, cached_read: 0.1, cache_write: null },
		]);
		for (const text of ['a', 'a 1', 'a 1 x', 'a 1 -2', 'a 1 2 3 4 5']) expect(prices(text)).toBeUndefined();
		expect(headers('X-Title: Board: one\nA:b')).toEqual({ 'X-Title': 'Board: one', A: 'b' });
		for (const text of ['X-Title', 'X Title: a', 'X-Title:']) expect(headers(text)).toBeUndefined();
	});

	it('asks for what its kind needs', () => {
		const draft = { ...emptyProvider('openai'), name: 'openai' };
		expect(wrong(providerComplaints(draft, OPENAI, null))).toEqual(['api_key']);
		expect(wrong(providerComplaints({ ...draft, name: '..' }, OWN, null))).toEqual(['name', 'base_url']);
	});

	it('wants the key again when the address is another', () => {
		const draft = draftOfProvider(provider, null);
		expect(wrong(providerComplaints(draft, OWN, provider))).toEqual([]);
		expect(hasMoved({ ...draft, address: 'https://llm.example/v1/' }, provider, null)).toBe(false);
		const moved = { ...draft, address: 'https://evil.example/v1' };
		expect(wrong(providerComplaints(moved, OWN, provider))).toEqual(['api_key']);
		expect(wrong(providerComplaints({ ...moved, key: 'sk-new' }, OWN, provider))).toEqual([]);
		const withHeaders = { ...provider, headers: ['x-title'] };
		expect(wrong(providerComplaints({ ...moved, key: 'sk-new' }, OWN, withHeaders))).toEqual(['headers']);
	});

	it('sends no secret that was not entered, and loses no price', () => {
		expect(providerChange(draftOfProvider(provider, null))).toEqual({
			base_url: 'https://llm.example/v1',
			enabled: true,
			prices: [{ model: 'm', input: 1, output: 2, cached_read: 1, cache_write: 3 }],
		});
	});
});

describe('a route in a form', () => {
	it('reads targets in their order, with shares', () => {
		expect(targets('a/b\n c/d/e 2,5 ')).toEqual([
			{ target: 'a/b', weight: 1 },
			{ target: 'c/d/e', weight: 2.5 },
		]);
		for (const text of ['a', 'a/', '/b', 'a/b x', 'a/b 1 2', 'a/b -1']) expect(targets(text)).toBeUndefined();
		expect([seconds(''), seconds('0,5'), seconds('0'), seconds('x')]).toEqual([
			null,
			0.5,
			undefined,
			undefined,
		]);
	});

	it('is the same after a look at it', () => {
		const route = {
			name: 'fast',
			source: 'added',
			overruled: false,
			strategy: 'weighted',
			targets: [
				{ target: 'a/b', weight: 1 },
				{ target: 'c/d', weight: 0 },
			],
			sticky: true,
			hedge_after: 2.5,
			restart: false,
			deadline: 60,
			cache: { ttl_seconds: 5400, shared: true },
			guard: { mask: ['email'], block: ['Project Falcon', 'two words'], moderation: 'openai/judge' },
			timeouts: { connect: null, first_token: 9, idle: null, total: null },
		};
		const { name, source, overruled, ...rest } = route;
		expect([name, source, overruled]).toEqual(['fast', 'added', false]);
		expect(routeChange(draftOfRoute(route))).toEqual(rest);
		expect(wrong(routeComplaints(draftOfRoute(route)))).toEqual([]);
		expect(routeChange({ ...draftOfRoute(route), keep: '', block: '\n' })).toMatchObject({
			cache: null,
			guard: { block: [] },
		});
		const wild = { ...draftOfRoute(route), keep: '721', moderation: 'judge' };
		expect(wrong(routeComplaints(wild))).toEqual(['cache.ttl_seconds', 'guard.moderation']);
		expect(wrong(routeComplaints({ ...emptyRoute(), idle: 'long' }))).toEqual([
			'name',
			'targets',
			'timeouts.idle',
		]);
	});
});
