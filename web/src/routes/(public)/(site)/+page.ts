import { redirect } from '@sveltejs/kit';
import { browser } from '$app/environment';
import { account } from '$lib/session/account.svelte';
import { HOME } from '$lib/session/next';

export async function load() {
	if (!browser || !account.likely) return;
	// The page also shows when the server is away: a landing page needs nobody to be signed in.
	const user = await account.load().catch(() => null);
	if (user) redirect(307, HOME);
}
