import { error, redirect } from '@sveltejs/kit';
import { explain, Problem } from '$lib/api/problem';
import { account } from '$lib/session/account.svelte';
import { loginAddress } from '$lib/session/next';

export async function load({ url }) {
	const user = await account.load().catch((cause: unknown) => {
		if (cause instanceof Problem) {
			const { code, status, requestId } = cause;
			error(status || 503, { message: explain(cause), code, requestId: requestId ?? undefined });
		}
		throw cause;
	});
	if (!user) redirect(307, loginAddress(url.pathname + url.search));
	return { user };
}
