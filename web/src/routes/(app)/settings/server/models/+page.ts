import { error } from '@sveltejs/kit';
import { m } from '$lib/paraglide/messages.js';

/** Nobody else is told that there is such a page; what it shows, the server guards. */
export async function load({ parent }) {
	const { user } = await parent();
	if (!user.operator) error(404, m.missing_text());
}
