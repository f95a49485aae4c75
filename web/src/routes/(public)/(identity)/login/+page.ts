import { redirect } from '@sveltejs/kit';
import { methods } from '$lib/identity/methods';
import { account } from '$lib/session/account.svelte';
import { safeNext } from '$lib/session/next';

export async function load({ url }) {
	const [ways, user] = await Promise.all([
		methods(),
		account.likely ? account.load().catch(() => null) : Promise.resolve(null),
	]);
	// Who is signed in already goes on, except to read why connecting another service did not work.
	if (user && !url.searchParams.has('error'))
		redirect(307, safeNext(url.searchParams.get('next'), url.origin));
	return { ways };
}
