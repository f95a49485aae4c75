import { expect, it } from 'vitest';
import type { BoardSession } from '$lib/api/types';
import { MOST_NOTES, notesOf, readMarks, withRead } from './notes';

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
const marks = { since: '2026-03-01T00:00:00Z', read: [] };
const asking = session('a', { pending_questions: [{ id: 'q1', question: 'Which?', why: 'Cost.' }] });

it('tells what waits, what ended and what failed, questions first', () => {
	const notes = notesOf(
		[
			session('running', {}),
			session('done', { status: 'completed', completed_at: '2026-03-02T10:00:00Z' }),
			asking,
			session('broken', { status: 'failed', completed_at: '2026-03-03T10:00:00Z' }),
			session('stopped', { status: 'cancelled' }),
		],
		marks,
	);
	expect(notes.map(({ id, read }) => [id, read])).toEqual([
		['a:asks:q1', false],
		['broken:failed', false],
		['done:finished', false],
	]);
});

it('takes what was read or ended before the first visit for read, but never a question that waits', () => {
	const old = session('old', { status: 'completed', completed_at: '2026-02-01T10:00:00Z' });
	const seen = session('seen', { status: 'completed', completed_at: '2026-03-02T10:00:00Z' });
	const notes = notesOf([old, seen, { ...asking, started_at: '2026-02-01T10:00:00Z' }], {
		...marks,
		read: ['seen:finished'],
	});
	expect(notes.map(({ id, read }) => [id, read])).toEqual([
		['a:asks:q1', false],
		['seen:finished', true],
		['old:finished', true],
	]);
});

it('tells of a second question of the same board anew', () => {
	const read = withRead(marks, ['a:asks:q1']);
	const again = { ...asking, pending_questions: [{ id: 'q2', question: 'When?', why: 'Time.' }] };
	expect(notesOf([asking], read)[0]?.read).toBe(true);
	expect(notesOf([again], read)[0]?.read).toBe(false);
});

it('has an end', () => {
	const many = Array.from({ length: 80 }, (_, index) => session(`s${index}`, { status: 'completed' }));
	expect(notesOf(many, marks)).toHaveLength(MOST_NOTES);
	const ids = Array.from({ length: 700 }, (_, index) => `n${index}`);
	const kept = withRead(marks, ids).read;
	expect(kept).toHaveLength(500);
	expect(kept.at(-1)).toBe('n699');
});

it('begins anew with marks that cannot be read', () => {
	const now = new Date('2026-05-05T05:05:05Z');
	for (const kept of [null, 'x', [], { since: 'yesterday', read: {} }]) {
		expect(readMarks(kept, now)).toEqual({ since: now.toISOString(), read: [] });
	}
	expect(readMarks({ since: marks.since, read: ['a', 7] }, now)).toEqual({ since: marks.since, read: ['a'] });
});
