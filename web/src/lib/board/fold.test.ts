import { describe, expect, it } from 'vitest';
import type { EventType, Payloads, BoardEvent } from './events';
import { isTerminal, readEvent } from './events';
import { fold } from './fold';
import {
	ballotsOpen,
	changedSide,
	emptyBoard,
	latestStance,
	sourcesOf,
	speaking,
	type BoardState,
} from './state';
import { naturalView, phaseOf } from './view';

/** Numbers events from 1 and folds them. */
function scene() {
	let state = emptyBoard();
	const events: BoardEvent[] = [];
	return {
		get state() {
			return state;
		},
		events,
		add<T extends EventType>(type: T, data: Payloads[T]) {
			const event = {
				type,
				session_id: 's',
				sequence: events.length + 1,
				timestamp: '2026-01-01T00:00:00Z',
				data,
			} as BoardEvent;
			events.push(event);
			state = fold(state, event);
			return state;
		},
	};
}

const contribution = (id: string, code: string, content: string, more = {}) => ({
	id,
	sub_problem: 0,
	round: 0,
	seq: 1,
	type: 'initial' as const,
	persona_code: code,
	persona_name: code.toUpperCase(),
	content,
	builds_on: [],
	tokens_in: 0,
	tokens_out: 0,
	cached: false,
	model: 'offline/demo',
	offline: true,
	latency_ms: 0,
	created_at: '2026-01-01T00:00:00Z',
	...more,
});

function seated() {
	const s = scene();
	s.add('session.started', { offline_demo: true, model: 'offline/demo' });
	s.add('problem.decomposed', {
		sub_problems: [
			{ index: 0, title: 'Money' },
			{ index: 1, title: 'People', depends_on: [0] },
		],
	});
	s.add('personas.selected', {
		sub_problem: 0,
		seats: [
			{ code: 'cfo', name: 'Ingrid' },
			{ code: 'ops', name: 'Yuki' },
		],
	});
	s.add('round.started', { sub_problem: 0, round: 0, kind: 'initial' });
	return s;
}

const texts = (state: BoardState) =>
	state.topics[0]?.rounds.flatMap((round) =>
		round.entries.map((entry) => (entry.kind === 'speech' ? entry.text : entry.kind)),
	);

describe('fold', () => {
	it('takes each sequence once', () => {
		const s = seated();
		const before = s.state;
		expect(s.events.reduce(fold, before)).toBe(before);
	});

	it('grows a contribution by its deltas and replaces it by what was recorded', () => {
		const s = seated();
		s.add('contribution.started', {
			sub_problem: 0,
			round: 0,
			contribution_id: 'a',
			persona_code: 'cfo',
			type: 'initial',
		});
		s.add('contribution.delta', { contribution_id: 'a', text: 'We ' });
		s.add('contribution.delta', { contribution_id: 'a', text: 'can.' });
		expect(texts(s.state)).toEqual(['We can.']);
		expect([...speaking(s.state.topics[0]!)]).toEqual(['cfo']);
		s.add('contribution.recorded', { contribution: contribution('a', 'cfo', 'We **can**.') });
		expect(texts(s.state)).toEqual(['We **can**.']);
		expect(speaking(s.state.topics[0]!).size).toBe(0);
		s.add('contribution.delta', { contribution_id: 'a', text: 'late' });
		expect(texts(s.state)).toEqual(['We **can**.']);
	});

	it('begins again when a contribution starts a second time, under the same id or another', () => {
		const s = seated();
		const start = (id: string) =>
			s.add('contribution.started', {
				sub_problem: 0,
				round: 0,
				contribution_id: id,
				persona_code: 'cfo',
				type: 'initial',
			});
		start('a');
		s.add('contribution.delta', { contribution_id: 'a', text: 'first try' });
		start('a');
		expect(texts(s.state)).toEqual(['']);
		s.add('contribution.delta', { contribution_id: 'a', text: 'second' });
		start('b');
		expect(texts(s.state)).toEqual(['']);
	});

	it('shows an absence in place of an unfinished contribution', () => {
		const s = seated();
		s.add('contribution.started', {
			sub_problem: 0,
			round: 0,
			contribution_id: 'a',
			persona_code: 'ops',
			type: 'initial',
		});
		s.add('seat.absent', {
			sub_problem: 0,
			round: 0,
			persona_code: 'ops',
			persona_name: 'Yuki',
			stage: 'initial_round',
			reason: 'timeout',
		});
		expect(texts(s.state)).toEqual(['missing']);
		expect(s.state.topics[0]?.absences).toHaveLength(1);
	});

	it('keeps the votes, one for each seat', () => {
		const s = seated();
		const vote = {
			id: 'v',
			sub_problem: 0,
			persona_code: 'cfo',
			persona_name: 'Ingrid',
			decision: 'yes' as const,
			confidence: 0.8,
			reasoning: 'r',
			conditions: [],
			would_change_mind: '',
			model: 'offline/demo',
			created_at: '2026-01-01T00:00:00Z',
			flipped: false,
			flip_unsupported: false,
		};
		s.add('voting.started', { sub_problem: 0, proposal: 'Move', rule: 'majority', seats: ['cfo', 'ops'] });
		s.add('vote.recorded', vote);
		s.add('vote.recorded', { ...vote, decision: 'no' });
		expect(s.state.topics[0]?.votes.map((cast) => cast.decision)).toEqual(['no']);
		expect(latestStance(s.state.topics[0]!, 'cfo', true)?.decision).toBe('no');
		expect(latestStance(s.state.topics[0]!, 'cfo', false)?.decision).not.toBe('no');
	});

	it('leaves an unknown measure unknown', () => {
		const s = seated();
		s.add('round.measured', { sub_problem: 0, round: 0, novelty: null, agreement: 0.4 });
		expect(s.state.topics[0]?.rounds[0]?.measure).toEqual({ round: 0, novelty: null, agreement: 0.4 });
	});

	it('asks, pauses and goes on', () => {
		const s = seated();
		s.add('clarification.requested', {
			questions: [{ id: 'q', question: 'How many?', why: '' }],
			deadline: '2026-01-01T00:02:00Z',
		});
		expect(s.state).toMatchObject({ status: 'paused', pausedFor: 'clarification' });
		s.add('clarification.answered', { answers: [{ question_id: 'q', answer: null }], by: 'timeout' });
		expect(s.state).toMatchObject({ status: 'active', pausedFor: null, questions: [] });
		expect(s.state.clarified).toEqual([{ question: 'How many?', answer: null, byTimeout: true }]);
	});

	it('drops half-written text when the board rises and keeps what was recorded', () => {
		const s = seated();
		s.add('contribution.recorded', { contribution: contribution('a', 'cfo', 'said') });
		s.add('contribution.started', {
			sub_problem: 0,
			round: 0,
			contribution_id: 'b',
			persona_code: 'ops',
			type: 'initial',
		});
		s.add('contribution.delta', { contribution_id: 'b', text: 'never finis' });
		s.add('session.cancelled', { outcome: 'partial', heading: 'Stopped' });
		expect(texts(s.state)).toEqual(['said']);
		expect(s.state).toMatchObject({ status: 'cancelled', outcome: 'partial' });
	});

	it('ends in the same picture however the events are cut into pages', () => {
		const s = seated();
		s.add('contribution.recorded', { contribution: contribution('a', 'cfo', 'one') });
		s.add('report.section', { sub_problem: null, section: 'recommendation', content: 'Go.' });
		s.add('report.section', { sub_problem: 0, section: 'summary', content: 'Fine.' });
		s.add('session.completed', { outcome: 'complete' });
		for (let cut = 0; cut <= s.events.length; cut++) {
			// The second page begins one event too early, as after a reconnect.
			const first = s.events.slice(0, cut).reduce(fold, emptyBoard());
			expect(s.events.slice(Math.max(0, cut - 1)).reduce(fold, first)).toEqual(s.state);
		}
	});

	it('moves on over an event it does not know', () => {
		const s = seated();
		const strange = { type: 'persona.sang', session_id: 's', sequence: 99, timestamp: '', data: {} };
		const next = fold(s.state, strange as unknown as BoardEvent);
		expect(next).toEqual({ ...s.state, sequence: 99 });
	});
});

describe('view', () => {
	it('stays with the first open sub-problem and ends at the report', () => {
		const s = seated();
		expect(naturalView(s.state)).toBe('topic-0');
		s.add('votes.counted', {
			sub_problem: 0,
			yes: 2,
			no: 0,
			conditional: 0,
			abstain: 0,
			absent: 0,
			level: 'unanimous',
			confidence_level: 'high',
			attendance: 1,
			quorum: true,
			carried: true,
			rule: 'majority_of_votes_cast',
		});
		s.add('round.started', { sub_problem: 1, round: 0, kind: 'initial' });
		expect(naturalView(s.state)).toBe('topic-1');
		s.add('synthesis.started', { sub_problem: null });
		expect(naturalView(s.state)).toBe('report');
	});

	it('shows the phase of the sub-problem until the session writes its report', () => {
		const s = seated();
		s.add('phase.changed', { phase: 'selection', sub_problem: null });
		s.add('phase.changed', { phase: 'voting', sub_problem: 0 });
		expect(phaseOf(s.state, s.state.topics[0])).toBe('voting');
		expect(phaseOf(s.state, s.state.topics[1])).toBe('selection');
		s.add('phase.changed', { phase: 'synthesis', sub_problem: null });
		expect(phaseOf(s.state, s.state.topics[0])).toBe('synthesis');
	});
});

describe('readEvent', () => {
	it('refuses what is not an event', () => {
		for (const raw of [null, 1, 'x', {}, { type: 'a' }, { type: 'a', sequence: '1', data: {} }]) {
			expect(readEvent(raw)).toBeNull();
		}
	});

	it('knows the ends', () => {
		expect(isTerminal({ type: 'session.failed' })).toBe(true);
		expect(isTerminal({ type: 'session.paused' })).toBe(false);
	});
});

describe('stances', () => {
	const told = (decision: 'yes' | 'no' | 'conditional') => [
		{ persona_code: 'cfo', decision, confidence: 0.7 },
	];

	it('sees a change of sides, across a round that did not tell and not between yes and conditional', () => {
		const s = seated();
		s.add('round.measured', { sub_problem: 0, round: 0, stances: told('yes') });
		s.add('round.measured', { sub_problem: 0, round: 1, stances: told('conditional') });
		s.add('round.measured', { sub_problem: 0, round: 2, stances: [] });
		s.add('round.measured', { sub_problem: 0, round: 3, stances: told('no') });
		const rounds = s.state.topics[0]?.rounds ?? [];
		expect(rounds.map((_, at) => changedSide(rounds, at, 'cfo'))).toEqual([false, false, false, true]);
		expect(changedSide(rounds, 3, 'ops')).toBe(false);
	});

	it('opens the ballots with the count, and at the end of a session that never counted', () => {
		const s = seated();
		const topic = () => s.state.topics[0]!;
		expect(ballotsOpen(topic(), false)).toBe(false);
		expect(ballotsOpen(topic(), true)).toBe(true);
	});
});

describe('what the board found and laid out', () => {
	it('draws a look-up where it happened, also one that found nothing', () => {
		const s = seated();
		s.add('research.done', {
			sub_problem: 0,
			round: 1,
			question: 'What is the rent?',
			status: 'found',
			sources: [{ ref: 'S1', source_id: 'a', title: 'Offer', locator: 'page 2', text: 'The rent is 6,900.' }],
		});
		s.add('research.done', {
			sub_problem: 1,
			round: 1,
			question: 'Who moves?',
			status: 'unavailable',
			sources: [],
		});
		const [money, people] = s.state.topics;
		expect(money?.rounds.at(-1)?.entries).toMatchObject([{ kind: 'research', status: 'found' }]);
		expect(sourcesOf(money!).map(({ ref }) => ref)).toEqual(['S1']);
		expect(people?.rounds.at(-1)?.entries).toMatchObject([{ kind: 'research', status: 'unavailable' }]);
	});

	it('lays out the options of a choice before the vote, and one-way doors from the start (BRD-28)', () => {
		const s = scene();
		s.add('problem.decomposed', { sub_problems: [{ index: 0, title: 'Money', one_way: true }] });
		expect(s.state.topics[0]).toMatchObject({ oneWay: true, options: [] });
		const option = { id: 'A', label: 'Move' } as Payloads['options.formed']['options'][number];
		s.add('options.formed', { sub_problem: 0, options: [option], criteria: ['Cost'] });
		expect(s.state.topics[0]?.options).toEqual([option]);
		expect(s.state.topics[0]?.count).toBeNull();
	});

	it('keeps what one model alone answered, and is not moved by a later time limit', () => {
		const s = seated();
		s.add('baseline.recorded', { model: 'a/b', answer: 'Go.', decisions: [] });
		const before = s.state;
		s.add('deadline.moved', { by: 1 });
		expect(s.state).toEqual({ ...before, sequence: before.sequence + 1 });
		expect(s.state.baseline?.model).toBe('a/b');
	});
});
