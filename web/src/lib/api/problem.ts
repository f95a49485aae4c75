import { m } from '$lib/paraglide/messages.js';

export interface FieldError {
	field: string;
	message: string;
}

/** What the server, or the way to it, said went wrong. `OFFLINE` is ours: no answer came at all. */
export class Problem extends Error {
	constructor(
		readonly code: string,
		readonly status: number,
		message: string,
		readonly details: FieldError[] = [],
		readonly requestId: string | null = null,
	) {
		super(message);
	}

	/** The first complaint about a field, if there is one. */
	field(name: string): string | undefined {
		return this.details.find((detail) => detail.field === name)?.message;
	}
}

/** No answer came: the server is away or the network is. */
export function unreachable(): Problem {
	return new Problem('OFFLINE', 0, 'No answer came from the server.');
}

/** Reads the error body of the contract; an answer in another shape (a proxy's page) still gets an honest code. */
export function readProblem(status: number, body: unknown, requestId: string | null = null): Problem {
	const error = (body as { error?: Record<string, unknown> } | null)?.error;
	if (error && typeof error.code === 'string') {
		return new Problem(
			error.code,
			status,
			typeof error.message === 'string' ? error.message : '',
			Array.isArray(error.details) ? (error.details as FieldError[]) : [],
			typeof error.request_id === 'string' ? error.request_id : requestId,
		);
	}
	const code = status === 404 ? 'NOT_FOUND' : status === 503 || status === 502 ? 'UNAVAILABLE' : 'INTERNAL';
	return new Problem(code, status, '', [], requestId);
}

const SENTENCES: Record<string, () => string> = {
	INVALID_BODY: m.errors_INVALID_BODY,
	VALIDATION_FAILED: m.errors_VALIDATION_FAILED,
	UNAUTHENTICATED: m.errors_UNAUTHENTICATED,
	TOKEN_EXPIRED: m.errors_UNAUTHENTICATED,
	INVALID_CREDENTIALS: m.errors_INVALID_CREDENTIALS,
	EMAIL_TAKEN: m.errors_EMAIL_TAKEN,
	REFRESH_TOKEN_REUSED: m.errors_REFRESH_TOKEN_REUSED,
	INVALID_LINK: m.errors_INVALID_LINK,
	FORBIDDEN: m.errors_FORBIDDEN,
	CROSS_ORIGIN: m.errors_CROSS_ORIGIN,
	NOT_FOUND: m.errors_NOT_FOUND,
	METHOD_NOT_ALLOWED: m.errors_INTERNAL,
	CONFLICT: m.errors_CONFLICT,
	PAYLOAD_TOO_LARGE: m.errors_PAYLOAD_TOO_LARGE,
	UNSUPPORTED_MEDIA_TYPE: m.errors_INVALID_BODY,
	RATE_LIMITED: m.errors_RATE_LIMITED,
	TIMEOUT: m.errors_TIMEOUT,
	UNAVAILABLE: m.errors_UNAVAILABLE,
	INTERNAL: m.errors_INTERNAL,
	OFFLINE: m.errors_OFFLINE,
};

/** The sentence for a person, in their language; a code we do not know falls back to the server's English. */
export function explain(problem: Problem): string {
	return SENTENCES[problem.code]?.() ?? (problem.message || m.errors_INTERNAL());
}
