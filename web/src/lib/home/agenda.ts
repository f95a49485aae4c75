import { PHASES } from '$lib/board/labels';
import type { BoardSession } from '$lib/api/types';
import { asks, type Note } from '$lib/shell/notes';

/** The boards of a person, by what each wants of them. A board stands in one place only. */
export interface Agenda {
	/** Wait for an answer. */
	asking: BoardSession[];
	/** Failed, and nobody has looked yet. */
	failed: BoardSession[];
	/** Came to an end, and nobody has read it yet. */
	unread: BoardSession[];
	/** Made or held, and wait for a start. */
	resting: BoardSession[];
	running: BoardSession[];
	/** The newest of the rest. */
	recent: BoardSession[];
}

const RECENT = 5;

export function agendaOf(sessions: readonly BoardSession[], notes: readonly Note[]): Agenda {
	const unread = new Set(notes.filter(({ read }) => !read).map(({ session }) => session.id));
	const agenda: Agenda = { asking: [], failed: [], unread: [], resting: [], running: [], recent: [] };
	for (const session of sessions) {
		if (asks(session)) agenda.asking.push(session);
		else if (session.status === 'failed' && unread.has(session.id)) agenda.failed.push(session);
		else if (session.status === 'completed' && unread.has(session.id)) agenda.unread.push(session);
		else if (session.status === 'paused' || (session.status === 'active' && !session.started_at))
			agenda.resting.push(session);
		else if (session.status === 'active') agenda.running.push(session);
		else if (agenda.recent.length < RECENT) agenda.recent.push(session);
	}
	return agenda;
}

/** How many of them want something of the person. */
export function wanting({ asking, failed, unread, resting }: Agenda): number {
	return asking.length + failed.length + unread.length + resting.length;
}

/** Which step of its course a session is at, counted from 1, and of how many. The end itself is no step. */
export function stepOf({ current_phase }: Pick<BoardSession, 'current_phase'>): { step: number; of: number } {
	const of = PHASES.length - 1;
	return { step: Math.min(of, PHASES.indexOf(current_phase) + 1), of };
}
