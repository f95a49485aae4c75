import type { HandleClientError } from '@sveltejs/kit';
import { Problem, explain } from '$lib/api/problem';
import { lostPart, whyLost } from '$lib/shell/lost-part';

/** The last net: what no page caught is shown in the reader's language, and told to whoever opened the console. */
export const handleError: HandleClientError = async ({ error, status, message }) => {
	if (error instanceof Problem)
		return { message: explain(error), code: error.code, requestId: error.requestId ?? undefined };
	if (lostPart(error)) return { message, code: await whyLost() };
	// eslint-disable-next-line no-console -- the only place where a fault of the page itself can be seen
	if (status !== 404) console.error(error);
	return { message };
};
