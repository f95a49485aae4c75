import type {
	Absence,
	ContributionType,
	Contribution,
	Decision,
	Failure,
	Mode,
	OptionCard,
	Outcome,
	Phase,
	Question,
	RoundMeasure,
	StopReason,
	Vote,
	VoteDistribution,
} from '$lib/api/types';

export type SubProblemIndex = number | null | undefined;
export type RoundAction = 'continue' | 'challenge' | 'moderate' | 'research';

export interface StanceOf {
	persona_code: string;
	decision: Decision;
	confidence: number;
}

export interface SeatData {
	code: string;
	name: string;
	emoji?: string;
	color?: string;
	archetype?: string;
	reason?: string | null;
}

/** The payload of each event type (BRD-23), by name. */
export interface Payloads {
	'session.created': { problem_statement?: string; mode?: Mode };
	'session.started': { route?: string; model?: string | null; offline_demo?: boolean };
	'phase.changed': { phase: Phase; sub_problem?: SubProblemIndex };
	'clarification.requested': { questions: Question[]; deadline?: string | null };
	'clarification.answered': {
		answers: { question_id: string; answer?: string | null }[];
		by: 'user' | 'timeout';
	};
	'problem.decomposed': {
		sub_problems: {
			index: number;
			title: string;
			goal?: string;
			scope?: string;
			proposal?: string;
			depends_on?: number[];
			complexity?: number | null;
			/** It cannot be undone: three quarters of the votes carry it. */
			one_way?: boolean;
		}[];
		decided_by?: string;
	};
	'personas.selected': {
		sub_problem?: SubProblemIndex;
		seats: SeatData[];
		decided_by?: string;
	};
	'round.started': {
		sub_problem?: SubProblemIndex;
		round: number;
		kind: 'initial' | 'discussion';
		action?: RoundAction | null;
		direction?: string | null;
		/** Who leads a moderated round, without a seat and a vote. */
		lead?: SeatData | null;
		speakers?: string[];
	};
	'contribution.started': {
		sub_problem?: SubProblemIndex;
		round: number;
		contribution_id: string;
		persona_code?: string | null;
		persona_name?: string | null;
		type: ContributionType;
	};
	'contribution.delta': { contribution_id: string; text: string };
	'contribution.recorded': { contribution: Contribution };
	'seat.absent': {
		sub_problem?: SubProblemIndex;
		round?: number | null;
		persona_code: string;
		persona_name: string;
		stage: Absence['stage'];
		reason: Absence['reason'];
	};
	'facilitator.decided': {
		sub_problem?: SubProblemIndex;
		round: number;
		action: RoundAction | 'ask_user' | 'vote';
		reason?: string;
		question?: string | null;
		decided_by?: string;
	};
	/** What was looked up for the discussion; a ref such as `S1` names its passage in the whole session. */
	'research.done': {
		sub_problem?: SubProblemIndex;
		round: number;
		question: string;
		status: 'found' | 'nothing' | 'unavailable';
		sources: { ref: string; source_id: string; title: string; locator: string; text: string }[];
	};
	/** The courses of a choice, before the vote; none when there was nothing to choose among. */
	'options.formed': {
		sub_problem?: SubProblemIndex;
		options: OptionCard[];
		criteria: string[];
		decided_by?: string;
	};
	'round.measured': RoundMeasure & { sub_problem?: SubProblemIndex; stances?: StanceOf[] };
	'voting.started': {
		sub_problem?: SubProblemIndex;
		proposal?: string;
		rule?: string;
		seats?: string[];
		stop_reason?: StopReason | null;
	};
	'vote.recorded': Vote;
	'votes.counted': VoteDistribution & { sub_problem?: SubProblemIndex; outcome?: Outcome };
	/** What one model alone answered; shown beside the report. */
	'baseline.recorded': {
		model: string;
		answer: string | null;
		decisions: { sub_problem: number; decision: Decision; confidence: number; reason: string }[];
		failure?: Failure['code'] | null;
	};
	'synthesis.started': { sub_problem?: SubProblemIndex };
	'report.section': { sub_problem?: SubProblemIndex; section: string; content: unknown };
	'synthesis.recorded': { sub_problem?: SubProblemIndex; outcome?: Outcome };
	/** The session waited; its time limit is later by as much. Nothing of it is drawn. */
	'deadline.moved': Record<string, unknown>;
	'limit.reached': { limit: 'cost' | 'time' };
	'session.paused': { reason?: string };
	'session.resumed': Record<string, never>;
	'session.stop_requested': Record<string, never>;
	'session.completed': { outcome?: Outcome; heading?: string };
	'session.failed': Failure;
	'session.cancelled': { outcome?: Outcome; heading?: string };
}

export type EventType = keyof Payloads;

interface Envelope<T extends EventType> {
	type: T;
	session_id: string;
	sequence: number;
	timestamp: string;
	data: Payloads[T];
}

/** One durable event of a board session. */
export type BoardEvent = { [T in EventType]: Envelope<T> }[EventType];

const TERMINAL: readonly string[] = ['session.completed', 'session.failed', 'session.cancelled'];

/** After a terminal event the server closes the stream and nothing follows. */
export function isTerminal(event: Pick<BoardEvent, 'type'>): boolean {
	return TERMINAL.includes(event.type);
}

/** Reads one event; what is not one (a newer server may send more) is null. */
export function readEvent(raw: unknown): BoardEvent | null {
	const event = raw as Partial<BoardEvent> | null;
	if (
		typeof event?.type !== 'string' ||
		typeof event.sequence !== 'number' ||
		typeof event.data !== 'object'
	) {
		return null;
	}
	return event as BoardEvent;
}
