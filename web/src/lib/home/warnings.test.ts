import { expect, it } from 'vitest';
import type { Budget, Meter } from '$lib/gateway/types';
import { warningsOf } from './warnings';

const meter = (used: number, limit: number | null): Meter => ({ feature: 'board_sessions', used, limit });
const budget = (spent_microusd: number, reserved_microusd: number): Budget => ({
	scope: 'organization',
	subject: '',
	period: 'month',
	cap_microusd: 100,
	spent_microusd,
	reserved_microusd,
	resets_at: '2026-04-01T00:00:00Z',
});

it('warns from four fifths on, the fullest first', () => {
	expect(warningsOf([meter(79, 100), meter(80, 100), meter(5, null), meter(0, 0)], [])).toMatchObject([
		{ kind: 'quota', share: 0.8, out: false, resets: null },
	]);
	expect(warningsOf([meter(9, 10)], [budget(70, 40)])).toMatchObject([
		{ kind: 'budget', share: 1.1, out: true, resets: '2026-04-01T00:00:00Z' },
		{ kind: 'quota', share: 0.9, out: false },
	]);
	expect(warningsOf([], [budget(0, 0)])).toEqual([]);
});
