import { redirect } from '@sveltejs/kit';
import { Problem } from '$lib/api/problem';
import { identity, type Invitation } from '$lib/identity/api';
import { methods } from '$lib/identity/methods';
import { account } from '$lib/session/account.svelte';
import { safeNext } from '$lib/session/next';

interface Invited {
	token: string;
	/** What it says; null with the reason when it says nothing. */
	invitation: Invitation | null;
	problem: Problem | null;
}

async function look(token: string): Promise<Invited> {
	try {
		return { token, invitation: await identity.lookAtInvitation(token), problem: null };
	} catch (problem) {
		if (!(problem instanceof Problem)) throw problem;
		return { token, invitation: null, problem };
	}
}

export async function load({ url }) {
	const token = url.searchParams.get('invitation');
	const user = account.likely ? await account.load().catch(() => null) : null;
	if (user) {
		redirect(
			307,
			token
				? `/invitation?token=${encodeURIComponent(token)}`
				: safeNext(url.searchParams.get('next'), url.origin),
		);
	}
	const [ways, invited] = await Promise.all([methods(), token ? look(token) : null]);
	return { ways, invited };
}
