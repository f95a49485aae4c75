import { expect, it } from 'vitest';
import type { BoardSession, Mode } from '$lib/api/types';
import { estimate, experience } from './estimate';

const session = (mode: Mode, minutes: number, more = {}) =>
	({
		mode,
		status: 'completed',
		started_at: '2026-01-01T10:00:00Z',
		completed_at: new Date(Date.parse('2026-01-01T10:00:00Z') + minutes * 60_000).toISOString(),
		...more,
	}) as BoardSession;

it('takes longer the deeper it goes', () => {
	const [quick, standard, deep] = (['quick', 'standard', 'deep'] as const).map(estimate);
	for (const range of [quick, standard, deep]) expect(range![0]).toBeLessThanOrEqual(range![1]);
	expect(quick![1]).toBeLessThan(standard![1]);
	expect(standard![1]).toBeLessThan(deep![1]);
});

it('learns from three finished sessions of the same mode', () => {
	const two = [
		session('quick', 2),
		session('quick', 9),
		session('deep', 30),
		session('quick', 1, { status: 'failed' }),
	];
	expect(experience(two, 'quick')).toBeNull();
	expect(experience([...two, session('quick', 3)], 'quick')).toBe(3);
	expect(experience([], 'deep')).toBeNull();
});
