import { goto } from '$app/navigation';
import { explain, Problem } from '$lib/api/problem';
import { account } from '$lib/session/account.svelte';
import { toasts } from '$lib/ui/toast.svelte';

/** Ends the login session and leads to the public page; a refusal is told in passing. */
export async function logOut() {
	try {
		await account.logOut();
		await goto('/');
	} catch (cause) {
		if (!(cause instanceof Problem)) throw cause;
		toasts.say(explain(cause));
	}
}
