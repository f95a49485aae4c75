import { api, ask } from '$lib/api/client';
import { Problem } from '$lib/api/problem';
import type { BoardSession, SessionStatus } from '$lib/api/types';
import { contains } from './search';

const PAGE = 20;
/** The most that the server gives at once. */
const WHOLE = 100;

export const FILTERS: readonly (SessionStatus | null)[] = [
	null,
	'active',
	'paused',
	'completed',
	'cancelled',
	'failed',
	'archived',
];

/** The sessions of an account: page by page, or all of them while one searches. */
export class History {
	sessions = $state.raw<BoardSession[]>([]);
	loading = $state(true);
	problem = $state.raw<Problem | null>(null);
	search = $state('');
	status = $state<SessionStatus | null>(null);
	/** Whether the server has more than is here. */
	more = $state(false);
	#cursor: string | undefined;
	/** Answers to an older question are dropped. */
	#question = 0;

	/** What fits the search, of what is here. */
	get found(): BoardSession[] {
		const search = this.search.trim();
		if (search === '') return this.sessions;
		return this.sessions.filter((session) =>
			contains(`${session.title ?? ''} ${session.problem_statement}`, search),
		);
	}

	/** Begins anew with the given filter. */
	async begin(status: SessionStatus | null): Promise<void> {
		this.status = status;
		this.sessions = [];
		this.#cursor = undefined;
		this.more = false;
		await this.next();
	}

	/** Reads the next page; while one searches, every page, so that nothing is missed. */
	async next(): Promise<void> {
		const question = ++this.#question;
		this.loading = true;
		this.problem = null;
		try {
			do {
				const limit = this.search.trim() === '' ? PAGE : WHOLE;
				const page = await ask(
					api.GET('/api/v1/sessions', {
						params: { query: { limit, cursor: this.#cursor, status: this.status ?? undefined } },
					}),
				);
				if (question !== this.#question) return;
				const known = this.sessions.map((session) => session.id);
				this.sessions = [...this.sessions, ...page.data.filter((session) => !known.includes(session.id))];
				this.#cursor = page.pagination.next_cursor ?? undefined;
				this.more = page.pagination.has_more && this.#cursor !== undefined;
			} while (this.more && this.search.trim() !== '');
		} catch (cause) {
			if (!(cause instanceof Problem)) throw cause;
			if (question === this.#question) this.problem = cause;
		} finally {
			if (question === this.#question) this.loading = false;
		}
	}

	/** Called when the search changes: what is not here yet is fetched. */
	async searched(): Promise<void> {
		if (this.search.trim() !== '' && this.more && !this.loading) await this.next();
	}

	replace(session: BoardSession) {
		const fits = this.status === null || session.status === this.status;
		this.sessions = this.sessions.flatMap((old) => (old.id !== session.id ? [old] : fits ? [session] : []));
	}

	remove(id: string) {
		this.sessions = this.sessions.filter((session) => session.id !== id);
	}
}
