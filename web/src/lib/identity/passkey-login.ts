import { Problem } from '$lib/api/problem';
import { identity, type Entered } from './api';
import { autofillSupported, usePasskey } from './webauthn';

/** The server forgets a challenge after five minutes; the one behind the list is exchanged before that. */
const FRESH_MS = 240_000;

/** A passkey that the server refuses is no wrong password. */
function unknownPasskey(cause: unknown): unknown {
	return cause instanceof Problem && cause.code === 'INVALID_CREDENTIALS'
		? new Problem('PASSKEY_UNKNOWN', cause.status, cause.message)
		: cause;
}

/** Logging in with a passkey: by a button, or from the list that the browser opens at the address field. */
export class PasskeyLogIn {
	#list: AbortController | null = null;
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** Asks for a passkey now. Null when the page called it off; throws a `Problem`. */
	async ask(): Promise<Entered | null> {
		this.stop();
		return this.#once({});
	}

	/**
	 * Offers passkeys in the browser's list until `stop`. `entered` and `failed` hear of what the person chose there; that
	 * nothing was chosen, or that the server does not answer, is no news: nobody has asked for anything yet.
	 */
	async offer(entered: (answer: Entered) => void, failed: (problem: Problem) => void): Promise<void> {
		this.stop();
		const list = (this.#list = new AbortController());
		if (!(await autofillSupported())) return;
		while (!list.signal.aborted) {
			const turn = new AbortController();
			const end = () => turn.abort();
			list.signal.addEventListener('abort', end);
			this.#timer = setTimeout(end, FRESH_MS);
			const chosen = { yet: false };
			try {
				const answer = await this.#once({ autofill: true, signal: turn.signal }, chosen);
				if (answer) return entered(answer);
				// The turn was over: another one, with a fresh challenge.
			} catch (cause) {
				if (chosen.yet && cause instanceof Problem && !list.signal.aborted) failed(cause);
				if (!chosen.yet) return;
			} finally {
				clearTimeout(this.#timer);
				list.signal.removeEventListener('abort', end);
			}
		}
	}

	/** Ends what waits in the background: browsers allow one question at a time. */
	stop() {
		clearTimeout(this.#timer);
		this.#list?.abort();
		this.#list = null;
	}

	async #once(
		how: { autofill?: boolean; signal?: AbortSignal },
		chosen: { yet: boolean } = { yet: false },
	): Promise<Entered | null> {
		const { challenge, options } = await identity.passkeyOptions();
		const credential = await usePasskey(options, how);
		if (!credential) return null;
		chosen.yet = true;
		try {
			return await identity.passkeyLogIn({ challenge, credential });
		} catch (cause) {
			throw unknownPasskey(cause);
		}
	}
}
