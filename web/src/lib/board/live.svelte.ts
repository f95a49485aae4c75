import { api, ask } from '$lib/api/client';
import { Problem, readProblem, unreachable } from '$lib/api/problem';
import { send } from '$lib/api/transport';
import type { BoardSession, Report } from '$lib/api/types';
import { isTerminal, readEvent, type BoardEvent } from './events';
import { fold } from './fold';
import { MessageCutter } from './sse';
import { emptyBoard, isOver, type BoardState } from './state';

/** How the page is connected: `ended` means that nothing more will come. */
export type Link = 'loading' | 'live' | 'reconnecting' | 'offline' | 'ended' | 'failed';

/** The server sends a heartbeat every 15 s; silence for longer means a dead connection that nobody closed. */
const SILENCE_MS = 40_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const PAGE = 500;

/** Milliseconds to wait before the given attempt (1-based): doubling, capped, with jitter so that tabs spread out. */
export function backOff(attempt: number, random: number): number {
	const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
	return full / 2 + (full / 2) * random;
}

/** One board session on screen: replays what was, follows what comes, and comes back after every loss. */
export class LiveBoard {
	board = $state.raw<BoardState>(emptyBoard());
	session = $state.raw<BoardSession | null>(null);
	report = $state.raw<Report | null>(null);
	link = $state<Link>('loading');
	problem = $state.raw<Problem | null>(null);
	#closed = new AbortController();
	#wake: (() => void) | null = null;
	#stream: AbortController | null = null;
	#attempt = 0;

	constructor(
		readonly id: string,
		/** Called for each event that arrives live, after the replay; for announcements. */
		private readonly heard: (event: BoardEvent, board: BoardState) => void = () => {},
	) {}

	/** Loads the session, replays its events and follows the stream until it ends or `close` is called. */
	async open(): Promise<void> {
		const signal = this.#closed.signal;
		window.addEventListener('online', () => this.#wake?.(), { signal });
		window.addEventListener('offline', () => this.#stream?.abort(), { signal });
		while (!signal.aborted) {
			try {
				await this.#catchUp();
				if (isOver(this.board.status)) break;
				await this.#follow();
				if (isOver(this.board.status)) break;
				// The server ended the stream without an end of the session (a deploy, a slow reader dropped).
				this.#attempt += 1;
			} catch (cause) {
				if (signal.aborted) return;
				const problem = cause instanceof Problem ? cause : unreachable();
				if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) {
					this.problem = problem;
					this.link = 'failed';
					return;
				}
				this.#attempt += 1;
			}
			if (signal.aborted) return;
			this.#lost(navigator.onLine ? 'reconnecting' : 'offline');
			await this.#rest(backOff(this.#attempt, Math.random()));
		}
		if (signal.aborted) return;
		this.link = 'ended';
	}

	close() {
		this.#closed.abort();
		this.#wake?.();
	}

	/** Reads the session again, after an action that no event tells of. */
	async refresh(): Promise<void> {
		const { session } = await ask(api.GET('/api/v1/sessions/{id}', { params: { path: { id: this.id } } }));
		this.session = session;
	}

	#lost(link: Link) {
		if (this.link !== 'ended' && this.link !== 'failed') this.link = link;
	}

	/** A closing page must not be left waiting, and a returning network need not wait out the pause. */
	#rest(milliseconds: number): Promise<void> {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, milliseconds);
			this.#wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}

	async #catchUp() {
		await this.refresh();
		for (;;) {
			const page = await ask(
				api.GET('/api/v1/sessions/{id}/events', {
					params: { path: { id: this.id }, query: { after: this.board.sequence, limit: PAGE } },
					signal: this.#closed.signal,
				}),
			);
			const events = page.data.map(readEvent).filter((event) => event !== null);
			this.board = events.reduce(fold, this.board);
			if (!page.pagination.has_more || events.length === 0) break;
		}
		await this.#fetchReport();
	}

	async #follow() {
		const stream = new AbortController();
		this.#stream = stream;
		const signal = AbortSignal.any([stream.signal, this.#closed.signal]);
		let timer = setTimeout(() => stream.abort(), SILENCE_MS);
		try {
			const answer = await send(`/api/v1/sessions/${this.id}/stream?after=${this.board.sequence}`, {
				headers: { Accept: 'text/event-stream' },
				cache: 'no-store',
				signal,
			});
			if (!answer.ok || !answer.body) throw readProblem(answer.status, await answer.json().catch(() => null));
			this.link = 'live';
			const cutter = new MessageCutter();
			const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
			for (;;) {
				const { done, value } = await reader.read();
				if (done) return;
				clearTimeout(timer);
				timer = setTimeout(() => stream.abort(), SILENCE_MS);
				this.#attempt = 0;
				await this.#take(cutter.push(value).map((message) => message.data));
			}
		} finally {
			clearTimeout(timer);
		}
	}

	/** What came in one piece is shown at once: a burst of words costs one drawing, not one for each. */
	async #take(messages: string[]) {
		let board = this.board;
		const fresh: BoardEvent[] = [];
		for (const data of messages) {
			const event = readEvent(parse(data));
			if (!event || event.sequence <= board.sequence) continue;
			board = fold(board, event);
			fresh.push(event);
		}
		if (fresh.length === 0) return;
		this.board = board;
		for (const event of fresh) this.heard(event, board);
		if (fresh.some(({ type }) => type === 'session.started' || type === 'clarification.requested'))
			await this.refresh();
		if (fresh.some(isTerminal)) {
			await this.refresh();
			await this.#fetchReport();
		}
	}

	/** The report exists once its synthesis is recorded. A session without an outcome came to none. */
	async #fetchReport() {
		if (this.report || (this.board.synthesis !== 'done' && this.board.outcome === null)) return;
		try {
			const body = await ask(api.GET('/api/v1/sessions/{id}/report', { params: { path: { id: this.id } } }));
			this.report = body.report;
		} catch (cause) {
			if (!(cause instanceof Problem) || cause.status !== 404) throw cause;
		}
	}
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
