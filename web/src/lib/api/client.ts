import createClient from 'openapi-fetch';
import { Problem, readProblem, unreachable } from './problem';
import type { paths } from './schema';
import { send } from './transport';

/** The typed client of everything in openapi.json. Prefer `ask`, which throws a `Problem` instead of returning one. */
export const api = createClient<paths>({
	// While pages are rendered ahead there is no address, and nobody is asked.
	baseUrl: globalThis.location?.origin ?? '',
	fetch: (request) => send(request),
});

interface Answer<T> {
	data?: T;
	error?: unknown;
	response: Response;
}

/** The data of an answer, or a thrown `Problem`. */
export async function ask<T>(answer: Promise<Answer<T>>): Promise<NonNullable<T>> {
	let got: Answer<T>;
	try {
		got = await answer;
	} catch (cause) {
		throw cause instanceof Problem ? cause : unreachable();
	}
	if (!got.response.ok) {
		const { status, headers } = got.response;
		throw readProblem(status, got.error, headers.get('x-request-id'), headers.get('retry-after'));
	}
	return got.data as NonNullable<T>;
}
