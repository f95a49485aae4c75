import { Problem } from '$lib/api/problem';
import { connection } from '$lib/shell/connection.svelte';

/** Something read from the server: its value, or why there is none. A later reading wins over an earlier one. */
export class Resource<T> {
	value = $state.raw<T | null>(null);
	problem = $state.raw<Problem | null>(null);
	loading = $state(false);
	#turn = 0;
	#read: () => Promise<T>;

	constructor(read: () => Promise<T>) {
		this.#read = read;
	}

	load = async (): Promise<void> => {
		const turn = ++this.#turn;
		this.loading = true;
		this.problem = null;
		try {
			const value = await this.#read();
			if (turn === this.#turn) this.value = value;
		} catch (cause) {
			if (!(cause instanceof Problem)) throw cause;
			if (turn !== this.#turn) return;
			this.problem = cause;
			// What the network kept away is asked for again when it is back.
			if (cause.code === 'OFFLINE') connection.onReturn(() => turn === this.#turn && this.load());
		} finally {
			if (turn === this.#turn) this.loading = false;
		}
	};
}
