import type { BoardEvent } from '$lib/board/events';
import type { Mode } from '$lib/api/types';

/** An event as it was recorded, or a piece of a contribution: which one, and how many characters of its text. */
export type Kept =
	{ type: Exclude<BoardEvent['type'], 'contribution.delta'>; data: object } | [string, number];

/** A session that was recorded on a server, by scripts/record.mjs. */
export interface Recording {
	problem: string;
	mode: Mode;
	/** The version of the program that it was recorded with. */
	version: string;
	events: Kept[];
}

/**
 * The events as the server sent them. The pieces of a contribution are kept as lengths, since its whole text stands in
 * the record.
 */
export function unpack(kept: readonly Kept[]): BoardEvent[] {
	const texts = new Map<string, string>();
	for (const event of kept) {
		if (Array.isArray(event) || event.type !== 'contribution.recorded') continue;
		const { contribution } = event.data as { contribution: { id: string; content: string } };
		texts.set(contribution.id, contribution.content);
	}
	const read = new Map<string, number>();
	return kept.map((event, index) => {
		const envelope = { session_id: '', timestamp: '', sequence: index + 1 };
		if (!Array.isArray(event)) return { ...envelope, ...event } as BoardEvent;
		const [id, length] = event;
		const from = read.get(id) ?? 0;
		read.set(id, from + length);
		const text = (texts.get(id) ?? '').slice(from, from + length);
		return { ...envelope, type: 'contribution.delta', data: { contribution_id: id, text } };
	});
}

/** A part of the session that one can jump to. */
export type ChapterName = 'alone' | 'argue' | 'vote' | 'report';
export interface Chapter {
	name: ChapterName;
	/** How many events come before it. */
	at: number;
}

/** Where the parts begin; a part that the session did not have is left out. */
export function chapters(events: readonly BoardEvent[]): Chapter[] {
	const first = (name: ChapterName, is: (event: BoardEvent) => boolean): Chapter[] => {
		const at = events.findIndex(is);
		return at === -1 ? [] : [{ name, at }];
	};
	return [
		...first('alone', (event) => event.type === 'round.started' && event.data.kind === 'initial'),
		...first('argue', (event) => event.type === 'round.started' && event.data.kind === 'discussion'),
		...first('vote', (event) => event.type === 'voting.started'),
		...first('report', (event) => event.type === 'report.section'),
	];
}

/** How fast one text grows, in characters a second: about five words, as people read. */
const READING = { alphabet: 30, han: 10 };
/** Milliseconds before an event, so that what came before it can be taken in. */
const REST: Partial<Record<BoardEvent['type'], number>> = {
	'problem.decomposed': 900,
	'personas.selected': 1200,
	'round.started': 1300,
	'contribution.started': 120,
	'contribution.recorded': 150,
	'round.measured': 500,
	'facilitator.decided': 1200,
	'voting.started': 2600,
	'vote.recorded': 1100,
	'votes.counted': 1300,
	'synthesis.started': 3200,
	'report.section': 1400,
};
const OTHER = 250;

/** Milliseconds before an event while `writers` texts grow at the same time. */
export function rest(event: BoardEvent, writers: number): number {
	if (event.type !== 'contribution.delta') return REST[event.type] ?? OTHER;
	const speed = /\p{Script=Han}/u.test(event.data.text) ? READING.han : READING.alphabet;
	return (event.data.text.length / speed / Math.max(1, writers)) * 1000;
}
