import { describe, expect, it } from 'vitest';
import type { BoardEvent, EventType, Payloads } from './events';
import { fold } from './fold';
import { pieces, readingTime, scriptOf } from './script';
import { emptyBoard } from './state';

let events: BoardEvent[] = [];
function add<T extends EventType>(type: T, data: Payloads[T]) {
	events.push({
		type,
		session_id: 's',
		sequence: events.length + 1,
		timestamp: '2026-01-01T00:00:00Z',
		data,
	} as BoardEvent);
}

const words = 'Four families have children in school, and a move within the year is a resignation.';
const recorded = (id: string, topic: number, code: string, content = words) =>
	add('contribution.recorded', {
		contribution: {
			id,
			sub_problem: topic,
			round: 0,
			seq: 1,
			type: 'initial',
			persona_code: code,
			persona_name: code,
			content,
			builds_on: [],
			tokens_in: 0,
			tokens_out: 0,
			cached: false,
			model: 'm',
			offline: true,
			latency_ms: 0,
			created_at: '2026-01-01T00:00:00Z',
		},
	});

function twoTopicsAtOnce() {
	events = [];
	add('session.started', {});
	add('problem.decomposed', {
		sub_problems: [
			{ index: 0, title: 'Money' },
			{ index: 1, title: 'People' },
		],
	});
	for (const topic of [0, 1]) {
		add('personas.selected', { sub_problem: topic, seats: [{ code: 'cfo', name: 'Ingrid' }] });
		add('round.started', { sub_problem: topic, round: 0, kind: 'initial' });
	}
	for (const [id, topic] of [
		['lost', 0],
		['b', 1],
		['a', 0],
	] as const)
		add('contribution.started', {
			contribution_id: id,
			sub_problem: topic,
			round: 0,
			persona_code: 'cfo',
			type: 'initial',
		});
	add('contribution.delta', { contribution_id: 'lost', text: 'never said' });
	recorded('b', 1, 'cfo');
	add('limit.reached', { limit: 'time' });
	recorded('a', 0, 'cfo');
	add('synthesis.started', { sub_problem: null });
	add('report.section', { sub_problem: null, section: 'summary', content: 'Done.' });
	add('session.completed', { outcome: 'complete' });
	return events;
}

describe('scriptOf', () => {
	it('tells one sub-problem after the other and ends in the same picture', () => {
		const all = twoTopicsAtOnce();
		const { cues, length } = scriptOf(all);
		const topics = cues.flatMap(({ event }) =>
			event.type === 'contribution.recorded' ? [event.data.contribution.id] : [],
		);
		expect(topics).toEqual(['a', 'b']);
		const live = all.reduce(fold, emptyBoard());
		const replayed = cues.map((cue) => cue.event).reduce(fold, emptyBoard());
		expect({ ...replayed, sequence: 0 }).toEqual({ ...live, sequence: 0 });
		expect(cues.map((cue) => cue.event.sequence)).toEqual(cues.map((_, index) => index + 1));
		expect(cues.map((cue) => cue.at)).toEqual([...cues.map((cue) => cue.at)].sort((a, b) => a - b));
		expect(length).toBeGreaterThanOrEqual(cues.at(-1)!.at);
	});

	it('lets nobody speak at the same time, and leaves out what was never said', () => {
		const { cues } = scriptOf(twoTopicsAtOnce());
		let open = '';
		for (const { event } of cues) {
			if (event.type === 'contribution.started') {
				expect(open).toBe('');
				open = event.data.contribution_id;
			}
			if (event.type === 'contribution.delta') expect(event.data.contribution_id).toBe(open);
			if (event.type === 'contribution.recorded') open = '';
		}
		expect(JSON.stringify(cues)).not.toContain('never said');
	});

	it('has chapters for the rounds, the vote and the report', () => {
		const { chapters } = scriptOf(twoTopicsAtOnce());
		expect(chapters.map(({ kind, topic }) => [kind, topic])).toEqual([
			['initial', 0],
			['initial', 1],
			['report', null],
		]);
	});

	it('takes an empty log', () => expect(scriptOf([])).toEqual({ cues: [], chapters: [], length: 0 }));
});

describe('reading', () => {
	it('cuts without losing a letter, also where there are no spaces', () => {
		for (const text of [
			words,
			'搬迁在十九个月后收回成本，前提是八个人同意一起走，否则永远不会。',
			'🎉'.repeat(40),
			'',
		]) {
			expect(pieces(text).join('')).toBe(text);
		}
		expect(pieces(words).every((piece) => piece.length <= 28)).toBe(true);
	});

	it('gives a Chinese character the time of three letters', () => {
		expect(readingTime('四四')).toBeCloseTo(readingTime('abcdef'));
	});
});
