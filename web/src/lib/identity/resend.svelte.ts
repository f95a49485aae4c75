import { explain, Problem } from '$lib/api/problem';
import { m } from '$lib/paraglide/messages.js';
import { account } from '$lib/session/account.svelte';
import { identity } from './api';
import { Wait } from './wait.svelte';

/** After a mail has gone out it takes a moment to arrive: another one would only confuse. */
const PATIENCE_SECONDS = 30;

/** Has the link that confirms an address sent once more, and says how that went. */
export class Resend {
	readonly wait = new Wait();
	busy = $state(false);
	outcome = $state<'sent' | 'failed' | null>(null);
	#problem = $state.raw<Problem | null>(null);

	/** What to tell, if anything: read in a template, it follows the language. */
	get said(): string {
		if (this.outcome === 'sent') return m.auth_sent();
		return this.#problem ? explain(this.#problem) : '';
	}

	/** Answers whether the address turned out to be confirmed already; the account is up to date then. */
	async send(): Promise<boolean> {
		if (this.busy || this.wait.on) return false;
		this.busy = true;
		this.outcome = null;
		this.#problem = null;
		try {
			const { status } = await identity.resendVerification();
			if (status === 'already_verified') {
				await account.reload();
				return true;
			}
			this.outcome = 'sent';
			this.wait.start(PATIENCE_SECONDS);
		} catch (cause) {
			if (!(cause instanceof Problem)) throw cause;
			this.outcome = 'failed';
			this.#problem = cause;
			this.wait.heed(cause);
		} finally {
			this.busy = false;
		}
		return false;
	}
}
