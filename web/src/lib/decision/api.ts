import { api, ask } from '$lib/api/client';
import type { JournalEntry, NewDecision, NewOutcome } from '$lib/api/types';

const of = (id: string) => ({ params: { path: { id } } });
/** The most that one page of the journal holds, and how many pages are read: more than anybody reads in one table. */
const PAGE = 200;
const PAGES = 10;

/** What is asked about decisions, their outcomes and what those say of the board (BRD-30). */
export const decisions = {
	read: (id: string) => ask(api.GET('/api/v1/sessions/{id}/decision', of(id))),
	record: (id: string, body: NewDecision) =>
		ask(api.POST('/api/v1/sessions/{id}/decision', { ...of(id), body })),
	conclude: (id: string, body: NewOutcome) =>
		ask(api.POST('/api/v1/sessions/{id}/outcome', { ...of(id), body })),
	/** How many wait for a look back, at most `limit`. */
	due: (limit: number) => ask(api.GET('/api/v1/decisions', { params: { query: { due: true, limit } } })),
	/** The whole journal, newest first; `more` when it is longer than what was read. */
	async journal(): Promise<{ entries: JournalEntry[]; more: boolean }> {
		const entries: JournalEntry[] = [];
		let cursor: string | undefined;
		for (let page = 0; page < PAGES; page++) {
			const read = await ask(api.GET('/api/v1/decisions', { params: { query: { limit: PAGE, cursor } } }));
			entries.push(...read.data);
			if (!read.pagination.has_more || !read.pagination.next_cursor) return { entries, more: false };
			cursor = read.pagination.next_cursor;
		}
		return { entries, more: true };
	},
	calibration: () => ask(api.GET('/api/v1/board/calibration')),
	weigh: (on: boolean) => ask(api.PUT('/api/v1/board/calibration', { body: { weigh_by_record: on } })),
	weighing: (id: string) => ask(api.GET('/api/v1/sessions/{id}/weighing', of(id))),
};
