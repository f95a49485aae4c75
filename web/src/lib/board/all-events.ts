import { api, ask } from '$lib/api/client';
import { readEvent, type BoardEvent } from './events';

const PAGE = 500;

/** Every stored event of a session, in order. Throws a `Problem`. */
export async function allEvents(id: string): Promise<BoardEvent[]> {
	const events: BoardEvent[] = [];
	for (;;) {
		const page = await ask(
			api.GET('/api/v1/sessions/{id}/events', {
				params: { path: { id }, query: { after: events.at(-1)?.sequence ?? 0, limit: PAGE } },
			}),
		);
		const fresh = page.data.map(readEvent).filter((event) => event !== null);
		events.push(...fresh);
		if (!page.pagination.has_more || fresh.length === 0) return events;
	}
}
