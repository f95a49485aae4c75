import { api, ask } from '$lib/api/client';
import { Problem } from '$lib/api/problem';
import type { User } from '$lib/api/types';
import { locale } from '$lib/locale.svelte';
import { timeZone } from '$lib/zone.svelte';
import { dropDraft } from './draft';

/*
 * The tokens are HttpOnly cookies that this page cannot see. This mark says only "somebody signed in here", so that a
 * visitor's first page asks the server nothing; it opens no door.
 */
const MARK = 'quorate_signed_in';

let user = $state.raw<User | null>(null);
let loading: Promise<User | null> | null = null;

function mark(on: boolean) {
	document.cookie = `${MARK}=1; path=/; SameSite=Lax; max-age=${on ? 31_536_000 : 0}`;
}

function adopt(next: User): User {
	user = next;
	loading = null;
	timeZone.adopt(next.time_zone);
	locale.adopt(next.locale);
	mark(true);
	return next;
}

export const account = {
	/** Who is signed in, as far as this page knows. */
	get user(): User | null {
		return user;
	},
	/** Whether asking the server makes sense on a public page. */
	get likely(): boolean {
		return document.cookie.split('; ').includes(`${MARK}=1`);
	},
	/** Asks the server once who is signed in; null when nobody is. */
	load(): Promise<User | null> {
		return user ? Promise.resolve(user) : (loading ?? account.reload());
	},
	/**
	 * Asks the server anew, because something outside this page may have changed: a confirmed address. Until the answer
	 * is here the page keeps what it knows.
	 */
	reload(): Promise<User | null> {
		// An answer that was overtaken, by a younger question or by a log-in, says nothing any more.
		const overtaken = () => loading !== asked;
		const asked: Promise<User | null> = ask(api.GET('/api/v1/users/me'))
			.then((body) => (overtaken() ? (loading ?? user) : adopt(body.user)))
			.catch((problem: Problem) => {
				if (problem.status !== 401) throw problem;
				if (overtaken()) return loading ?? user;
				user = null;
				return null;
			})
			.finally(() => {
				if (!overtaken()) loading = null;
			});
		loading = asked;
		return asked;
	},
	/** Takes over the person of an answer: after a log-in of any kind, and after a change of their profile. */
	adopt,
	async becomeOperator(body: {
		token: string;
		email: string;
		password: string;
		name?: string;
	}): Promise<User> {
		return adopt((await ask(api.POST('/api/v1/auth/first-operator', { body }))).user);
	},
	async logOut(): Promise<void> {
		await ask(api.POST('/api/v1/auth/logout'));
		// Who leaves on purpose leaves nothing behind; a log-in that ran out keeps what was typed.
		if (user) dropDraft(user.id);
		account.forget();
	},
	/** The login session is over: drop what the page knew. */
	forget() {
		user = null;
		loading = null;
		timeZone.adopt(null);
		mark(false);
	},
};
