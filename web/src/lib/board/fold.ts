import type { BoardEvent, Payloads, SeatData, SubProblemIndex } from './events';
import {
	emptyTopic,
	type BoardState,
	type Missing,
	type Research,
	type Round,
	type Ruling,
	type Seat,
	type Section,
	type Speech,
	type Topic,
} from './state';

/**
 * One event after the other makes the board: (state, event) → state. Pure, so that a replay after a reload and the
 * live stream end in the same picture. An event that was seen before changes nothing.
 */
export function fold(state: BoardState, event: BoardEvent): BoardState {
	if (event.sequence <= state.sequence) return state;
	return { ...apply(state, event), sequence: event.sequence };
}

function apply(state: BoardState, event: BoardEvent): BoardState {
	switch (event.type) {
		case 'session.created':
			return state;
		case 'session.started':
			return {
				...state,
				started: true,
				status: 'active',
				model: event.data.model ?? null,
				offlineDemo: event.data.offline_demo ?? false,
			};
		case 'phase.changed':
			return phaseChanged(state, event.data);
		case 'clarification.requested':
			return asked(state, event.data);
		case 'clarification.answered':
			return answered(state, event.data);
		case 'problem.decomposed':
			return decomposed(state, event.data);
		case 'session.paused':
			return { ...state, status: 'paused', pausedFor: state.questions.length > 0 ? 'clarification' : 'user' };
		case 'limit.reached':
			return { ...state, limit: event.data.limit };
		case 'session.resumed':
			return { ...state, status: 'active', pausedFor: null, questions: [], deadline: null };
		case 'session.stop_requested':
			return { ...state, stopping: true };
		case 'session.completed':
			return over(state, 'completed', event.data);
		case 'session.cancelled':
			return over(state, 'cancelled', event.data);
		case 'session.failed':
			return { ...over(state, 'failed', {}), failure: event.data };
		case 'synthesis.started':
			return isOverall(event.data.sub_problem) ? { ...state, synthesis: 'writing', sections: [] } : state;
		case 'synthesis.recorded':
			if (!isOverall(event.data.sub_problem)) return state;
			return { ...state, synthesis: 'done', outcome: event.data.outcome ?? state.outcome };
		case 'baseline.recorded':
			return { ...state, baseline: event.data };
		case 'report.section':
			return section(state, event.data);
		case 'contribution.delta':
			return delta(state, event.data);
		default:
			return topicEvent(state, event);
	}
}

/** The events that belong to one sub-problem's table. */
function topicEvent(state: BoardState, event: BoardEvent): BoardState {
	switch (event.type) {
		case 'personas.selected':
			return onTopic(state, event.data.sub_problem, (topic) => ({
				...topic,
				seats: event.data.seats.map(seatOf),
			}));
		case 'round.started':
			return onRound(state, event.data.sub_problem, event.data.round, (round) => ({
				...round,
				kind: event.data.kind,
				action: event.data.action ?? null,
				direction: event.data.direction ?? null,
				lead: event.data.lead ? seatOf(event.data.lead) : null,
			}));
		case 'contribution.started':
			return speechStarted(state, event.data);
		case 'contribution.recorded':
			return speechRecorded(state, event.data.contribution);
		case 'seat.absent':
			return absent(state, event.data, event.sequence);
		case 'facilitator.decided': {
			const ruling: Ruling = {
				kind: 'ruling',
				id: `ruling-${event.sequence}`,
				action: event.data.action,
				reason: event.data.reason ?? '',
				question: event.data.question ?? null,
				byRule: event.data.decided_by === 'rule',
			};
			return onRound(state, event.data.sub_problem, event.data.round, (round) => ({
				...round,
				entries: [...round.entries, ruling],
			}));
		}
		case 'research.done': {
			const research: Research = {
				kind: 'research',
				id: `research-${event.sequence}`,
				question: event.data.question,
				status: event.data.status,
				sources: event.data.sources,
			};
			return onRound(state, event.data.sub_problem, event.data.round, (round) => ({
				...round,
				entries: [...round.entries, research],
			}));
		}
		case 'options.formed':
			return onTopic(state, event.data.sub_problem, (topic) => ({ ...topic, options: event.data.options }));
		case 'round.measured': {
			const { sub_problem, stances, ...measure } = event.data;
			return onRound(state, sub_problem, measure.round, (round) => ({
				...round,
				measure,
				stances: stances ?? round.stances,
			}));
		}
		case 'voting.started':
			return onTopic(state, event.data.sub_problem, (topic) => ({
				...topic,
				ballot: {
					proposal: event.data.proposal ?? topic.proposal,
					rule: event.data.rule ?? '',
					seats: event.data.seats ?? topic.seats.map((seat) => seat.code),
					stopReason: event.data.stop_reason ?? null,
				},
			}));
		case 'vote.recorded': {
			const vote = event.data;
			return onTopic(state, vote.sub_problem, (topic) => ({
				...topic,
				votes: [...topic.votes.filter((cast) => cast.persona_code !== vote.persona_code), vote],
			}));
		}
		case 'votes.counted':
			return onTopic(state, event.data.sub_problem, (topic) => ({
				...topic,
				count: event.data,
			}));
		default:
			// A type this page does not know yet: the picture stays, the sequence moves on.
			return state;
	}
}

function seatOf(data: SeatData): Seat {
	return {
		code: data.code,
		name: data.name,
		emoji: data.emoji ?? '',
		color: data.color ?? '',
		archetype: data.archetype ?? '',
		reason: data.reason ?? '',
	};
}

function isOverall(index: SubProblemIndex): boolean {
	return index === null || index === undefined;
}

/** Changes one sub-problem's topic. A session without sub-problems (index null) has the one topic 0. */
function onTopic(state: BoardState, index: SubProblemIndex, change: (topic: Topic) => Topic): BoardState {
	const wanted = index ?? 0;
	const known = state.topics.some((topic) => topic.index === wanted);
	const topics = known
		? state.topics
		: [...state.topics, emptyTopic(wanted)].sort((a, b) => a.index - b.index);
	return { ...state, topics: topics.map((topic) => (topic.index === wanted ? change(topic) : topic)) };
}

function onRound(
	state: BoardState,
	index: SubProblemIndex,
	number: number,
	change: (round: Round) => Round,
): BoardState {
	return onTopic(state, index, (topic) => {
		const known = topic.rounds.some((round) => round.index === number);
		const fresh: Round = {
			index: number,
			kind: number === 0 ? 'initial' : 'discussion',
			action: null,
			direction: null,
			lead: null,
			entries: [],
			measure: null,
			stances: [],
		};
		const rounds = known ? topic.rounds : [...topic.rounds, fresh].sort((a, b) => a.index - b.index);
		return { ...topic, rounds: rounds.map((round) => (round.index === number ? change(round) : round)) };
	});
}

function phaseChanged(state: BoardState, data: Payloads['phase.changed']): BoardState {
	if (isOverall(data.sub_problem)) return { ...state, phase: data.phase };
	const changed = onTopic(state, data.sub_problem, (topic) => ({ ...topic, phase: data.phase }));
	return changed;
}

/** A session that waits for answers is held by them; no other event says so. */
function asked(state: BoardState, data: Payloads['clarification.requested']): BoardState {
	return {
		...state,
		status: 'paused',
		pausedFor: 'clarification',
		questions: data.questions,
		deadline: data.deadline ?? null,
	};
}

function answered(state: BoardState, data: Payloads['clarification.answered']): BoardState {
	const byTimeout = data.by === 'timeout';
	const clarified = state.questions.map((question) => ({
		question: question.question,
		answer: data.answers.find((answer) => answer.question_id === question.id)?.answer ?? null,
		byTimeout,
	}));
	return {
		...state,
		status: 'active',
		pausedFor: null,
		questions: [],
		deadline: null,
		clarified: [...state.clarified, ...clarified],
	};
}

function decomposed(state: BoardState, data: Payloads['problem.decomposed']): BoardState {
	const topics = data.sub_problems.map((part) => ({
		...(state.topics.find((topic) => topic.index === part.index) ?? emptyTopic(part.index)),
		title: part.title,
		goal: part.goal ?? '',
		scope: part.scope ?? '',
		proposal: part.proposal ?? '',
		dependsOn: part.depends_on ?? [],
		complexity: part.complexity ?? null,
		oneWay: part.one_way ?? false,
	}));
	return { ...state, topics: topics.sort((a, b) => a.index - b.index) };
}

function speechStarted(state: BoardState, data: Payloads['contribution.started']): BoardState {
	const speech = (name: string): Speech => ({
		kind: 'speech',
		id: data.contribution_id,
		personaCode: data.persona_code ?? null,
		personaName: name,
		type: data.type,
		text: '',
		record: null,
	});
	return onRoundOf(state, data.sub_problem, data.round, (round, topic) => {
		const name =
			[...topic.seats, round.lead].find((seat) => seat?.code === data.persona_code)?.name ??
			data.persona_name ??
			'';
		// Started again after a crash or a failed try, perhaps under a new id: the unfinished text is gone.
		const stale = (entry: Round['entries'][number]) =>
			entry.kind === 'speech' &&
			!entry.record &&
			(entry.id === data.contribution_id ||
				(entry.personaCode === (data.persona_code ?? null) && entry.type === data.type));
		const at = round.entries.findIndex(stale);
		const entries = at === -1 ? [...round.entries, speech(name)] : round.entries.with(at, speech(name));
		return { ...round, entries };
	});
}

function onRoundOf(
	state: BoardState,
	index: SubProblemIndex,
	number: number,
	change: (round: Round, topic: Topic) => Round,
): BoardState {
	const topic = state.topics.find((known) => known.index === (index ?? 0)) ?? emptyTopic(index ?? 0);
	return onRound(state, index, number, (round) => change(round, topic));
}

function speechRecorded(
	state: BoardState,
	contribution: Payloads['contribution.recorded']['contribution'],
): BoardState {
	const done: Speech = {
		kind: 'speech',
		id: contribution.id,
		personaCode: contribution.persona_code ?? null,
		personaName: contribution.persona_name,
		type: contribution.type,
		text: contribution.content,
		record: contribution,
	};
	return onRound(state, contribution.sub_problem, contribution.round, (round) => {
		const at = round.entries.findIndex((entry) => entry.kind === 'speech' && entry.id === contribution.id);
		return { ...round, entries: at === -1 ? [...round.entries, done] : round.entries.with(at, done) };
	});
}

function delta(state: BoardState, data: Payloads['contribution.delta']): BoardState {
	for (const topic of state.topics) {
		for (const round of topic.rounds) {
			const at = round.entries.findIndex(
				(entry) => entry.kind === 'speech' && entry.id === data.contribution_id,
			);
			const speech = round.entries[at];
			if (speech?.kind !== 'speech') continue;
			if (speech.record) return state;
			const grown: Speech = { ...speech, text: speech.text + data.text };
			return onRound(state, topic.index, round.index, (same) => ({
				...same,
				entries: same.entries.with(at, grown),
			}));
		}
	}
	return state;
}

function absent(state: BoardState, data: Payloads['seat.absent'], sequence: number): BoardState {
	const absence = {
		persona_code: data.persona_code,
		persona_name: data.persona_name,
		sub_problem: data.sub_problem ?? 0,
		round: data.round ?? 0,
		stage: data.stage,
		reason: data.reason,
	};
	const listed = onTopic(state, data.sub_problem, (topic) => ({
		...topic,
		absences: [...topic.absences, absence],
	}));
	if (data.stage === 'voting') return listed;
	const missing: Missing = { kind: 'missing', id: `missing-${sequence}`, absence };
	const last = listed.topics.find((topic) => topic.index === (data.sub_problem ?? 0))?.rounds.at(-1)?.index;
	return onRound(listed, data.sub_problem, data.round ?? last ?? 0, (round) => ({
		...round,
		entries: [
			...round.entries.filter(
				(entry) => !(entry.kind === 'speech' && !entry.record && entry.personaCode === data.persona_code),
			),
			missing,
		],
	}));
}

function section(state: BoardState, data: Payloads['report.section']): BoardState {
	const put = (sections: Section[]): Section[] => {
		const fresh = { name: data.section, content: data.content };
		const at = sections.findIndex((known) => known.name === data.section);
		return at === -1 ? [...sections, fresh] : sections.with(at, fresh);
	};
	if (isOverall(data.sub_problem)) return { ...state, sections: put(state.sections) };
	return onTopic(state, data.sub_problem, (topic) => ({ ...topic, sections: put(topic.sections) }));
}

function over(
	state: BoardState,
	status: 'completed' | 'cancelled' | 'failed',
	data: Payloads['session.completed'],
): BoardState {
	// What was half written when the board rose was never said: only recorded contributions stay.
	const topics = state.topics.map((topic) => ({
		...topic,
		rounds: topic.rounds.map((round) => ({
			...round,
			entries: round.entries.filter((entry) => entry.kind !== 'speech' || entry.record !== null),
		})),
	}));
	return {
		...state,
		topics,
		status,
		phase: status === 'completed' ? 'complete' : state.phase,
		pausedFor: null,
		stopping: false,
		questions: [],
		deadline: null,
		outcome: data.outcome ?? state.outcome,
		heading: data.heading ?? null,
	};
}
