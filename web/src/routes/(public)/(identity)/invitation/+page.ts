import { Problem } from '$lib/api/problem';
import { identity, type Invitation } from '$lib/identity/api';
import { tokenOf } from '$lib/identity/token';
import { account } from '$lib/session/account.svelte';

interface Found {
	token: string;
	invitation: Invitation | null;
	problem: Problem | null;
}

export async function load({ url }): Promise<Found> {
	const token = tokenOf(url);
	const user = account.likely ? account.load().catch(() => null) : null;
	try {
		if (!token) throw new Problem('INVALID_LINK', 410, 'The link carries no token.');
		const invitation = await identity.lookAtInvitation(token);
		await user;
		return { token, invitation, problem: null };
	} catch (problem) {
		if (!(problem instanceof Problem)) throw problem;
		await user;
		return { token, invitation: null, problem };
	}
}
