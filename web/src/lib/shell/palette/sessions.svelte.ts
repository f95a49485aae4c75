import { api, ask } from '$lib/api/client';
import { Problem } from '$lib/api/problem';
import type { BoardSession } from '$lib/api/types';

const PAGE = 200;
/** How far back is searched: the list has no search of its own, so its pages are read. */
const MOST_PAGES = 10;

/** All sessions of the organization, read page by page for as long as the palette is open. */
export class AllSessions {
	list = $state.raw<BoardSession[]>([]);
	problem = $state.raw<Problem | null>(null);
	loading = $state(false);
	#closed = false;

	constructor(known: readonly BoardSession[]) {
		this.list = [...known];
	}

	async load() {
		if (this.loading) return;
		this.loading = true;
		let cursor: string | undefined;
		try {
			for (let read = 0; read < MOST_PAGES && !this.#closed; read++) {
				const page = await ask(api.GET('/api/v1/sessions', { params: { query: { limit: PAGE, cursor } } }));
				const fresh = page.data.filter(({ id }) => !this.list.some((known) => known.id === id));
				this.list = [...this.list, ...fresh];
				if (!page.pagination.has_more || !page.pagination.next_cursor) break;
				cursor = page.pagination.next_cursor;
			}
		} catch (cause) {
			if (!(cause instanceof Problem)) throw cause;
			this.problem = cause;
		} finally {
			this.loading = false;
		}
	}

	close() {
		this.#closed = true;
	}
}
