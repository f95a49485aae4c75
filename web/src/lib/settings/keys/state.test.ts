import { expect, it } from 'vitest';
import type { ApiKey } from '$lib/gateway/types';
import { alive, inOrder, keyState } from './state';

const key = (id: string, status: string, created_at: string) => ({ id, status, created_at }) as ApiKey;

it('puts keys in use first, then the latest', () => {
	const list = [
		key('a', 'revoked', '2026-03-01T00:00:00Z'),
		key('b', 'active', '2026-01-01T00:00:00Z'),
		key('c', 'refused', '2026-02-01T00:00:00Z'),
	];
	expect(inOrder(list).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
	expect(list.map(alive)).toEqual([false, true, true]);
});

it('shows a state that it does not know as it is', () => {
	expect(keyState('active')).toEqual({ text: 'In use', tone: 'baize' });
	expect(keyState('constructor')).toEqual({ text: 'constructor', tone: 'plain' });
});
