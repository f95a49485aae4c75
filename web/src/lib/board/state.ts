import type {
	Absence,
	ContributionType,
	Contribution,
	Outcome,
	Failure,
	OptionCard,
	Phase,
	Question,
	RoundMeasure,
	SessionStatus,
	Source,
	Stance,
	StopReason,
	Vote,
	VoteDistribution,
} from '$lib/api/types';
import type { Payloads, RoundAction, StanceOf } from './events';

export interface Seat {
	code: string;
	name: string;
	emoji: string;
	color: string;
	archetype: string;
	reason: string;
}

/** A contribution as it is being written (`record` null) or as it was recorded. */
export interface Speech {
	kind: 'speech';
	id: string;
	personaCode: string | null;
	personaName: string;
	type: ContributionType;
	text: string;
	record: Contribution | null;
}

/** What the facilitator decided after a round. */
export interface Ruling {
	kind: 'ruling';
	id: string;
	action: RoundAction | 'ask_user' | 'vote';
	reason: string;
	question: string | null;
	byRule: boolean;
}

/** A seat that could not speak or vote. */
export interface Missing {
	kind: 'missing';
	id: string;
	absence: Absence;
}

/** What was looked up for the discussion. */
export interface Research {
	kind: 'research';
	id: string;
	question: string;
	status: 'found' | 'nothing' | 'unavailable';
	sources: Source[];
}

export interface Round {
	index: number;
	kind: 'initial' | 'discussion';
	action: RoundAction | null;
	direction: string | null;
	/** Who leads a moderated round; no seat, no vote. */
	lead: Seat | null;
	entries: (Speech | Ruling | Missing | Research)[];
	measure: RoundMeasure | null;
	stances: StanceOf[];
}

export interface Ballot {
	proposal: string;
	rule: string;
	seats: string[];
	stopReason: StopReason | null;
}

/** A part of the report as it is written; `content` is Markdown, a list, or rows of an object. */
export interface Section {
	name: string;
	content: unknown;
}

/** One sub-problem and everything the board did about it. */
export interface Topic {
	index: number;
	title: string;
	goal: string;
	scope: string;
	proposal: string;
	dependsOn: number[];
	complexity: number | null;
	/** It cannot be undone, so that it takes three quarters of the votes. */
	oneWay: boolean;
	phase: Phase | null;
	seats: Seat[];
	rounds: Round[];
	/** The courses of a choice, laid out before the vote. */
	options: OptionCard[];
	ballot: Ballot | null;
	votes: Vote[];
	count: VoteDistribution | null;
	absences: Absence[];
	sections: Section[];
}

/** Everything that the events of a session tell, rebuilt from the first event on. */
export interface BoardState {
	sequence: number;
	status: SessionStatus;
	phase: Phase;
	started: boolean;
	stopping: boolean;
	/** Money or time has run out: the board ends with what it has. */
	limit: 'cost' | 'time' | null;
	pausedFor: 'clarification' | 'user' | null;
	model: string | null;
	offlineDemo: boolean;
	questions: Question[];
	deadline: string | null;
	clarified: { question: string; answer: string | null; byTimeout: boolean }[];
	topics: Topic[];
	sections: Section[];
	/** What one model alone would do with each proposal; null while it was not asked or has not answered. */
	baseline: Payloads['baseline.recorded'] | null;
	synthesis: 'none' | 'writing' | 'done';
	outcome: Outcome | null;
	heading: string | null;
	failure: Failure | null;
}

export function emptyBoard(): BoardState {
	return {
		sequence: 0,
		status: 'active',
		phase: 'intake',
		started: false,
		stopping: false,
		limit: null,
		pausedFor: null,
		model: null,
		offlineDemo: false,
		questions: [],
		deadline: null,
		clarified: [],
		topics: [],
		sections: [],
		baseline: null,
		synthesis: 'none',
		outcome: null,
		heading: null,
		failure: null,
	};
}

export function emptyTopic(index: number): Topic {
	return {
		index,
		title: '',
		goal: '',
		scope: '',
		proposal: '',
		dependsOn: [],
		complexity: null,
		oneWay: false,
		phase: null,
		seats: [],
		rounds: [],
		options: [],
		ballot: null,
		votes: [],
		count: null,
		absences: [],
		sections: [],
	};
}

/** Codes of the seats whose contribution is being written now. */
export function speaking(topic: Topic): Set<string> {
	const codes = new Set<string>();
	for (const round of topic.rounds) {
		for (const entry of round.entries) {
			if (entry.kind === 'speech' && !entry.record && entry.personaCode) codes.add(entry.personaCode);
		}
	}
	return codes;
}

/**
 * Whether the ballots lie open. They are turned over together when they are counted, so that a reader meets the vote as
 * the board does: blind until it is complete. A session that ended before the count hides nothing.
 */
export function ballotsOpen(topic: Topic, over: boolean): boolean {
	return topic.count !== null || over;
}

/** The last stance a seat is known to hold; its vote where the ballots lie open. */
export function latestStance(topic: Topic, code: string, open: boolean): Stance | null {
	const vote = topic.votes.find((cast) => cast.persona_code === code);
	if (vote && open) return vote;
	for (const round of topic.rounds.toReversed()) {
		const stance = stanceIn(round, code);
		if (stance) return stance;
	}
	return null;
}

/** Rounds never change, they are replaced: what was read of one holds as long as it does. */
const read = new WeakMap<Round, Map<string, Stance>>();

/** What a seat would have voted at the end of a round; null when it was not told. */
export function stanceIn(round: Round, code: string): Stance | null {
	let known = read.get(round);
	if (!known) {
		known = new Map();
		for (const entry of round.entries) {
			if (entry.kind === 'speech' && entry.personaCode && entry.record?.stance)
				known.set(entry.personaCode, entry.record.stance);
		}
		for (const stance of round.stances) known.set(stance.persona_code, stance);
		read.set(round, known);
	}
	return known.get(code) ?? null;
}

/** Whether a seat stands on another side than after the last earlier round that told its stance. */
export function changedSide(rounds: readonly Round[], at: number, code: string): boolean {
	const round = rounds[at];
	const now = round ? stanceIn(round, code) : null;
	if (now === null) return false;
	for (const earlier of rounds.slice(0, at).reverse()) {
		const before = stanceIn(earlier, code);
		if (before) return side(now.decision) !== side(before.decision);
	}
	return false;
}

/** On which side a decision stands: a condition is support (BRD-6). */
export function side(decision: Stance['decision']): 'for' | 'against' | 'aside' {
	if (decision === 'abstain') return 'aside';
	return decision === 'no' ? 'against' : 'for';
}

/** The last thing a seat has said or is saying. */
export function latestSpeech(topic: Topic, code: string): Speech | null {
	for (const round of topic.rounds.toReversed()) {
		const found = round.entries.findLast((entry) => entry.kind === 'speech' && entry.personaCode === code);
		if (found?.kind === 'speech') return found;
	}
	return null;
}

/** All recorded contributions of a topic by id, for the "builds on" links. */
export function speechesById(topic: Topic): Map<string, Speech> {
	const found = new Map<string, Speech>();
	for (const round of topic.rounds) {
		for (const entry of round.entries) if (entry.kind === 'speech') found.set(entry.id, entry);
	}
	return found;
}

/** Every passage that was looked up for a topic. */
export function sourcesOf(topic: Pick<Topic, 'rounds'>): Source[] {
	return topic.rounds.flatMap((round) =>
		round.entries.flatMap((entry) => (entry.kind === 'research' ? entry.sources : [])),
	);
}

export function isOver(status: SessionStatus): boolean {
	return status === 'completed' || status === 'failed' || status === 'cancelled' || status === 'archived';
}
