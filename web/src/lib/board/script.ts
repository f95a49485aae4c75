import type { Contribution } from '$lib/api/types';
import type { BoardEvent, EventType, Payloads } from './events';

/** An event of a replay with the time at which it happens, in milliseconds from its beginning. */
export interface Cue {
	event: BoardEvent;
	at: number;
}

/** A place in a replay that one may want to go to. */
export interface Chapter {
	at: number;
	kind: 'initial' | 'discussion' | 'vote' | 'report';
	/** The sub-problem; null where the session has only one, and for the report. */
	topic: number | null;
	round: number;
}

export interface Script {
	cues: Cue[];
	chapters: Chapter[];
	/** In milliseconds at reading speed. */
	length: number;
}

/** A quick reader's characters in a second; one of a Chinese, Japanese or Korean text counts for three. */
const PER_SECOND = 26;
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;
/** How much of a text comes at once, in characters. */
const PIECE = 28;
const LONGEST_SECTION_MS = 6000;
/** What stands still for a moment so that it is seen, in milliseconds. */
const PAUSES: Partial<Record<EventType, number>> = {
	'session.started': 400,
	'problem.decomposed': 1800,
	'personas.selected': 1800,
	'round.started': 900,
	'contribution.recorded': 900,
	'facilitator.decided': 1800,
	'research.done': 3000,
	'options.formed': 3500,
	'round.measured': 700,
	'voting.started': 1500,
	'vote.recorded': 700,
	'votes.counted': 3500,
	'seat.absent': 900,
	'clarification.requested': 3000,
	'clarification.answered': 1500,
	'synthesis.started': 800,
};

/** How long a text takes to be read, in milliseconds. */
export function readingTime(text: string): number {
	const wide = text.match(WIDE)?.length ?? 0;
	return (([...text].length + 2 * wide) / PER_SECOND) * 1000;
}

/** A text in pieces of about one line, cut between words where it has any. Together they are the text. */
export function pieces(text: string): string[] {
	return text.match(new RegExp(`[\\s\\S]{1,${PIECE}}(?=\\s)|[\\s\\S]{1,${PIECE}}`, 'gu')) ?? [];
}

/**
 * The events of a finished session as a replay at reading speed. What went on at the same time is told one after the
 * other: sub-problem by sub-problem, voice by voice. Tries that came to nothing are left out. Pure.
 */
export function scriptOf(events: readonly BoardEvent[]): Script {
	const cues: Cue[] = [];
	const chapters: Chapter[] = [];
	let at = 0;
	let sequence = 0;
	const many = new Set(events.map(topicOf).filter((topic) => topic !== null)).size > 1;
	const put = <T extends EventType>(like: BoardEvent, type: T, data: Payloads[T], after: number) => {
		sequence += 1;
		cues.push({ event: { ...like, type, data, sequence } as BoardEvent, at });
		at += after;
	};

	for (const event of inTurn(events)) {
		const chapter = chapterOf(event);
		if (chapter) chapters.push({ ...chapter, at, topic: many ? chapter.topic : null });
		if (event.type === 'contribution.recorded') speak(event, event.data.contribution, put);
		else put(event, event.type, event.data, pauseAfter(event));
	}
	return { cues, chapters, length: at };
}

function speak(
	event: BoardEvent,
	contribution: Contribution,
	put: <T extends EventType>(like: BoardEvent, type: T, data: Payloads[T], after: number) => void,
) {
	const { id, sub_problem, round, persona_code, persona_name, type, content } = contribution;
	put(
		event,
		'contribution.started',
		{ contribution_id: id, sub_problem, round, persona_code, persona_name, type },
		500,
	);
	for (const text of pieces(content))
		put(event, 'contribution.delta', { contribution_id: id, text }, readingTime(text));
	put(event, 'contribution.recorded', { contribution }, PAUSES['contribution.recorded'] ?? 0);
}

function pauseAfter(event: BoardEvent): number {
	if (event.type === 'report.section') {
		const { content } = event.data;
		const text = typeof content === 'string' ? content : JSON.stringify(content);
		return Math.min(LONGEST_SECTION_MS, readingTime(text));
	}
	return PAUSES[event.type] ?? 0;
}

/** The sub-problem that an event belongs to; null where it belongs to the session. */
function topicOf(event: BoardEvent): number | null {
	if (event.type === 'contribution.recorded') return event.data.contribution.sub_problem ?? 0;
	if (event.type === 'clarification.requested' || event.type === 'report.section') return null;
	const data = event.data as { sub_problem?: number | null };
	return data.sub_problem ?? null;
}

/** The events in the order of the replay: one sub-problem after the other, in the order in which they were taken up. */
function inTurn(events: readonly BoardEvent[]): BoardEvent[] {
	const told = events.filter(({ type }) => type !== 'contribution.started' && type !== 'contribution.delta');
	const first = told.findIndex((event) => topicOf(event) !== null);
	const last = told.findLastIndex((event) => topicOf(event) !== null);
	if (first === -1) return told;
	const topics = new Map<number, BoardEvent[]>();
	// What happened to the whole session meanwhile stays with what followed it.
	let waiting: BoardEvent[] = [];
	for (const event of told.slice(first, last + 1)) {
		const topic = topicOf(event);
		if (topic === null) {
			waiting.push(event);
			continue;
		}
		topics.set(topic, [...(topics.get(topic) ?? []), ...waiting, event]);
		waiting = [];
	}
	return [...told.slice(0, first), ...[...topics.values()].flat(), ...told.slice(last + 1)];
}

function chapterOf(event: BoardEvent): Omit<Chapter, 'at'> | null {
	switch (event.type) {
		case 'round.started': {
			const { kind, round, sub_problem: topic } = event.data;
			return { kind, topic: topic ?? 0, round };
		}
		case 'voting.started':
			return { kind: 'vote', topic: event.data.sub_problem ?? 0, round: 0 };
		case 'synthesis.started':
			return typeof event.data.sub_problem === 'number' ? null : { kind: 'report', topic: null, round: 0 };
		default:
			return null;
	}
}
