import { api, ask } from '$lib/api/client';
import type { BoardSession, SessionStatus } from '$lib/api/types';
import { account } from '$lib/session/account.svelte';
import { Resource } from '$lib/settings/resource.svelte';
import { notices } from './notices.svelte';
import { notesOf, readMarks, withRead, type Marks } from './notes';
import { browserStorage } from './storage';

/** How often the sessions are read again while somebody looks, and how old they may be when somebody comes back. */
const EVERY_MS = 30_000;
const FRESH_MS = 5_000;
const NEWEST = 100;

const page = (status?: SessionStatus) =>
	ask(api.GET('/api/v1/sessions', { params: { query: { limit: NEWEST, status } } }));

/** The newest sessions, and of the older ones those that are not over. */
async function read(): Promise<BoardSession[]> {
	const newest = await page();
	if (!newest.pagination.has_more) return newest.data;
	const open = await Promise.all([page('active'), page('paused')]);
	const known = new Set(newest.data.map(({ id }) => id));
	return [...newest.data, ...open.flatMap(({ data }) => data).filter(({ id }) => !known.has(id))];
}

const key = () => `quorate.seen.${account.user?.id ?? ''}`;
const kept = () => readMarks(browserStorage.readJson(key()), new Date());

let marks = $state.raw<Marks>({ since: new Date().toISOString(), read: [] });
let at = 0;
/** The session that is on screen: what happens in it is seen as it happens. */
let watched: string | null = null;
/** What was there at the last reading; null before the first. */
let told: Set<string> | null = null;

const sessions = new Resource(async () => {
	const list = await read();
	at = Date.now();
	return list;
});
const notes = $derived(sessions.value ? notesOf(sessions.value, marks) : []);

function mark(ids: readonly string[]) {
	if (ids.length === 0) return;
	// Another tab may have marked something meanwhile.
	marks = withRead(kept(), ids);
	browserStorage.writeJson(key(), marks);
}

const markWatched = () => {
	if (watched === null || document.hidden) return;
	mark(notes.filter(({ session, read }) => !read && session.id === watched).map(({ id }) => id));
};

async function refresh() {
	if (sessions.loading) return;
	await sessions.load();
	if (!sessions.value) return;
	markWatched();
	const before = told;
	told = new Set(notes.map(({ id }) => id));
	if (before) for (const note of notes) if (!note.read && !before.has(note.id)) notices.tell(note);
}

/** The boards of the person and what happened in them since their last visit with this browser. */
export const inbox = {
	get sessions() {
		return sessions;
	},
	get notes() {
		return notes;
	},
	get unread(): number {
		return notes.filter(({ read }) => !read).length;
	},
	refresh,
	/** Reads again unless that has just been done. */
	async freshen() {
		if (Date.now() - at > FRESH_MS && !sessions.loading) await refresh();
	},
	/** Says which session is on screen, if one is. What was told about it is read with that. */
	watch(session: string | null) {
		watched = session;
		markWatched();
	},
	readAll() {
		mark(notes.filter(({ read }) => !read).map(({ id }) => id));
	},
	/** Reads the sessions from now on, until what is answered is called. */
	start(): () => void {
		marks = kept();
		browserStorage.writeJson(key(), marks);
		told = null;
		sessions.value = null;
		void refresh();
		const timer = setInterval(() => {
			if (!document.hidden || notices.on) void refresh();
		}, EVERY_MS);
		const returned = () => {
			if (!document.hidden) void inbox.freshen();
		};
		const elsewhere = (event: StorageEvent) => {
			if (event.key === key()) marks = kept();
		};
		document.addEventListener('visibilitychange', returned);
		window.addEventListener('online', returned);
		window.addEventListener('storage', elsewhere);
		return () => {
			clearInterval(timer);
			document.removeEventListener('visibilitychange', returned);
			window.removeEventListener('online', returned);
			window.removeEventListener('storage', elsewhere);
		};
	},
};
