import { expect, it } from 'vitest';
import { removableAt } from './removal';

const NOW = Date.parse('2026-03-01T12:00:00Z');

it('allows one removal a day', () => {
	expect(removableAt(null, NOW)).toEqual({ allowed: true, at: null });
	expect(removableAt('2026-03-01T12:00:00Z', NOW).allowed).toBe(true);
	expect(removableAt('2026-03-01T12:00:01Z', NOW)).toEqual({ allowed: false, at: '2026-03-01T12:00:01Z' });
	expect(removableAt('soon', NOW).allowed).toBe(true);
});
