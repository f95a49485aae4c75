import { Problem } from '$lib/api/problem';
import type { Page } from './types';

/** A list that comes in pages. What a page repeats of the one before, because something was added, shows once. */
export class Pages<T> {
	items = $state.raw<T[]>([]);
	problem = $state.raw<Problem | null>(null);
	loading = $state(false);
	/** Whether a first page has come. */
	ready = $state(false);
	#cursor = $state<string | null>(null);
	#turn = 0;
	#read: (cursor: string | null) => Promise<Page<T>>;
	#key: (item: T) => string | number;

	constructor(read: (cursor: string | null) => Promise<Page<T>>, key: (item: T) => string | number) {
		this.#read = read;
		this.#key = key;
	}

	get more(): boolean {
		return this.#cursor !== null;
	}

	/** The first page anew; the old list stays on screen until the new one is there. */
	restart = (): Promise<void> => this.#fetch(null);
	next = (): Promise<void> => this.#fetch(this.#cursor);

	async #fetch(cursor: string | null): Promise<void> {
		const turn = ++this.#turn;
		this.loading = true;
		this.problem = null;
		try {
			const page = await this.#read(cursor);
			if (turn !== this.#turn) return;
			const before = cursor === null ? [] : this.items;
			const known = before.map(this.#key);
			this.items = [...before, ...page.data.filter((item) => !known.includes(this.#key(item)))];
			this.#cursor = page.pagination?.has_more ? (page.pagination.next_cursor ?? null) : null;
			this.ready = true;
		} catch (cause) {
			if (!(cause instanceof Problem)) throw cause;
			if (turn === this.#turn) this.problem = cause;
		} finally {
			if (turn === this.#turn) this.loading = false;
		}
	}
}
