import { describe, expect, it } from 'vitest';
import { Problem } from '$lib/api/problem';
import type { LoginSession } from '../types';
import { endOthers, inOrder } from './sessions';

const session = (id: string, last_used_at: string, current = false): LoginSession => ({
	id,
	current,
	created_at: '2026-01-01T00:00:00Z',
	last_used_at,
	expires_at: '2026-02-01T00:00:00Z',
	ip: null,
	user_agent: null,
	device_name: null,
	second_factor: false,
});
const three = [
	session('old', '2026-01-01T00:00:00Z'),
	session('here', '2026-01-02T00:00:00Z', true),
	session('new', '2026-01-09T00:00:00Z'),
];

it('puts this one first, then the latest', () => {
	expect(inOrder(three).map(({ id }) => id)).toEqual(['here', 'new', 'old']);
	expect(three[0]?.id).toBe('old');
});

describe('endOthers', () => {
	it('ends all but this one', async () => {
		const ended: string[] = [];
		await endOthers(three, async (id) => ended.push(id));
		expect(ended).toEqual(['old', 'new']);
	});

	it('takes what is gone for ended, and tries all before it complains', async () => {
		const ended: string[] = [];
		const gone = async () => Promise.reject(new Problem('NOT_FOUND', 404, ''));
		await endOthers(three, gone);
		const away = new Problem('UNAVAILABLE', 503, '');
		const flaky = async (id: string) => {
			if (id === 'old') throw away;
			ended.push(id);
		};
		await expect(endOthers(three, flaky)).rejects.toBe(away);
		expect(ended).toEqual(['new']);
	});
});
