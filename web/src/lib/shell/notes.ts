import type { BoardSession } from '$lib/api/types';

export type NoteKind = 'asks' | 'finished' | 'failed';

/** Something that happened while the person was elsewhere. */
export interface Note {
	/** Names what happened, so that it is told once. */
	id: string;
	kind: NoteKind;
	session: BoardSession;
	/** When it happened; for a question, when its board began. */
	at: string;
	read: boolean;
}

/** What this browser remembers of what was seen. */
export interface Marks {
	/** The first visit: what ended before is no news. */
	since: string;
	/** The ids of notes that were read. */
	read: readonly string[];
}

/** How many are kept, so that the list and what is remembered of it have an end. */
export const MOST_NOTES = 50;
const MOST_MARKS = 500;

/** Whether the board waits for an answer of the person. */
export function asks(session: BoardSession): boolean {
	return (session.status === 'active' || session.status === 'paused') && session.pending_questions.length > 0;
}

function happened(session: BoardSession): Omit<Note, 'read'> | null {
	if (asks(session)) {
		const questions = session.pending_questions.map(({ id }) => id).join('.');
		return {
			id: `${session.id}:asks:${questions}`,
			kind: 'asks',
			session,
			at: session.started_at ?? session.created_at,
		};
	}
	if (session.status !== 'completed' && session.status !== 'failed') return null;
	const at = session.completed_at ?? session.started_at ?? session.created_at;
	const kind = session.status === 'failed' ? 'failed' : 'finished';
	return { id: `${session.id}:${kind}`, kind, session, at };
}

/** What there is to tell about the sessions: questions first, then the newest. */
export function notesOf(sessions: readonly BoardSession[], marks: Marks): Note[] {
	const read = new Set(marks.read);
	const since = Date.parse(marks.since);
	return sessions
		.map(happened)
		.filter((note) => note !== null)
		.map((note) => ({
			...note,
			read: read.has(note.id) || (note.kind !== 'asks' && Date.parse(note.at) < since),
		}))
		.sort(
			(a, b) => Number(b.kind === 'asks') - Number(a.kind === 'asks') || Date.parse(b.at) - Date.parse(a.at),
		)
		.slice(0, MOST_NOTES);
}

/** The marks with these notes read. */
export function withRead(marks: Marks, ids: readonly string[]): Marks {
	return { ...marks, read: [...new Set([...marks.read, ...ids])].slice(-MOST_MARKS) };
}

/** The marks that were kept; what was kept in another shape, or not at all, begins now. */
export function readMarks(kept: unknown, now: Date): Marks {
	const { since, read } = (kept ?? {}) as Partial<Record<keyof Marks, unknown>>;
	return {
		since: typeof since === 'string' && !Number.isNaN(Date.parse(since)) ? since : now.toISOString(),
		read: Array.isArray(read) ? read.filter((id) => typeof id === 'string') : [],
	};
}
