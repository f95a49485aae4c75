import { expect, it } from 'vitest';
import type { BoardSession } from '$lib/api/types';
import { notesOf } from '$lib/shell/notes';
import { agendaOf, stepOf, wanting } from './agenda';

const session = (id: string, more: Partial<BoardSession>): BoardSession => ({
	id,
	status: 'active',
	current_phase: 'discussion',
	problem_statement: 'Whether',
	problem_context: {},
	mode: 'quick',
	max_rounds: 1,
	clarify: false,
	one_way_door: false,
	baseline: false,
	offline_demo: false,
	pending_questions: [],
	last_sequence: 1,
	created_at: '2026-03-01T10:00:00Z',
	started_at: '2026-03-01T10:00:01Z',
	...more,
});

it('puts every board where it wants something, once', () => {
	const over = { completed_at: '2026-03-02T10:00:00Z' };
	const sessions = [
		session('running', {}),
		session('asking', { pending_questions: [{ id: 'q', question: 'Which?', why: 'Cost.' }] }),
		session('made', { started_at: null }),
		session('held', { status: 'paused' }),
		session('failed', { status: 'failed', ...over }),
		session('new', { status: 'completed', ...over }),
		session('known', { status: 'completed', ...over }),
		session('stopped', { status: 'cancelled' }),
	];
	const marks = { since: '2026-01-01T00:00:00Z', read: ['known:finished'] };
	const agenda = agendaOf(sessions, notesOf(sessions, marks));
	const ids = Object.fromEntries(
		Object.entries(agenda).map(([part, all]) => [part, all.map(({ id }: BoardSession) => id)]),
	);
	expect(ids).toEqual({
		asking: ['asking'],
		failed: ['failed'],
		unread: ['new'],
		resting: ['made', 'held'],
		running: ['running'],
		recent: ['known', 'stopped'],
	});
	expect(wanting(agenda)).toBe(5);
});

it('counts the steps from one, and the end is none', () => {
	expect(stepOf({ current_phase: 'intake' })).toEqual({ step: 1, of: 7 });
	expect(stepOf({ current_phase: 'synthesis' })).toEqual({ step: 7, of: 7 });
	expect(stepOf({ current_phase: 'complete' })).toEqual({ step: 7, of: 7 });
});
