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
		/** What the sentence is about: a challenge, a limit, a masked address. */
		readonly params: Record<string, unknown> = {},
		/** Seconds to wait before another try, from `Retry-After`. */
		readonly retryAfter: number | null = null,
	) {
		super(message);
	}

	/** The first complaint about a field or an entry of it (`scopes[1]`), if there is one. */
	field(name: string): string | undefined {
		return this.details.find(({ field }) => field === name || field.startsWith(`${name}[`))?.message;
	}
}

/** No answer came: the server is away or the network is. */
export function unreachable(): Problem {
	return new Problem('OFFLINE', 0, 'No answer came from the server.');
}

/** Seconds of a `Retry-After`, which is a number of them or a date; null when it is neither. */
export function retryAfterSeconds(header: string | null, now: number = Date.now()): number | null {
	const text = header?.trim() ?? '';
	if (/^\d{1,9}$/.test(text)) return Number(text);
	const date = /[a-z]/i.test(text) ? Date.parse(text) : NaN;
	return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1000));
}

/** Reads the error body of the contract; an answer in another shape (a proxy's page) still gets an honest code. */
export function readProblem(
	status: number,
	body: unknown,
	requestId: string | null = null,
	retryAfter: string | null = null,
): Problem {
	const wait = retryAfterSeconds(retryAfter);
	const error = (body as { error?: Record<string, unknown> } | null)?.error;
	if (error && typeof error.code === 'string') {
		return new Problem(
			error.code,
			status,
			typeof error.message === 'string' ? error.message : '',
			Array.isArray(error.details) ? (error.details as FieldError[]) : [],
			typeof error.request_id === 'string' ? error.request_id : requestId,
			error.params && typeof error.params === 'object' ? (error.params as Record<string, unknown>) : {},
			wait,
		);
	}
	return new Problem(CODES[status] ?? 'INTERNAL', status, '', [], requestId, {}, wait);
}

/** What a status alone says, when a proxy before the server answered. */
const CODES: Record<number, string> = {
	404: 'NOT_FOUND',
	413: 'PAYLOAD_TOO_LARGE',
	429: 'RATE_LIMITED',
	502: 'UNAVAILABLE',
	503: 'UNAVAILABLE',
	504: 'TIMEOUT',
};

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
	ACCOUNT_EXISTS: m.errors_ACCOUNT_EXISTS,
	ACCOUNT_SUSPENDED: m.errors_ACCOUNT_SUSPENDED,
	ALREADY_MEMBER: m.errors_ALREADY_MEMBER,
	DEVICE_BOUND_TO_OTHER_ACCOUNT: m.errors_DEVICE_BOUND_TO_OTHER_ACCOUNT,
	DEVICE_FINGERPRINT_REQUIRED: m.errors_DEVICE_FINGERPRINT_REQUIRED,
	DEVICE_LIMIT_REACHED: m.errors_DEVICE_LIMIT_REACHED,
	DEVICE_REMOVAL_LIMIT: m.errors_DEVICE_REMOVAL_LIMIT,
	EMAIL_NOT_VERIFIED: m.errors_EMAIL_NOT_VERIFIED,
	HUMAN_CHECK_FAILED: m.errors_HUMAN_CHECK_FAILED,
	IDEMPOTENCY_KEY_REUSED: m.errors_IDEMPOTENCY_KEY_REUSED,
	INVALID_CODE: m.errors_INVALID_CODE,
	INVITATION_FOR_OTHER_ADDRESS: m.errors_INVITATION_FOR_OTHER_ADDRESS,
	LAST_OWNER: m.errors_LAST_OWNER,
	BUDGET_EXCEEDED: m.errors_BUDGET_EXCEEDED,
	UPSTREAM_FAILED: m.errors_UPSTREAM_FAILED,
	UPSTREAM_TIMEOUT: m.errors_UPSTREAM_TIMEOUT,
	QUOTA_EXCEEDED: m.errors_QUOTA_EXCEEDED,
	REGISTRATION_CLOSED: m.errors_REGISTRATION_CLOSED,
	SECOND_FACTOR_REQUIRED: m.errors_SECOND_FACTOR_REQUIRED,
	SOCIAL_DENIED: m.errors_SOCIAL_DENIED,
	SOCIAL_FAILED: m.errors_SOCIAL_FAILED,
	SOCIAL_NOT_VERIFIED: m.errors_SOCIAL_NOT_VERIFIED,
	TIER_INSUFFICIENT: m.errors_TIER_INSUFFICIENT,
	PASSKEY_CANCELLED: m.errors_PASSKEY_CANCELLED,
	PASSKEY_FAILED: m.errors_PASSKEY_FAILED,
	PASSKEY_KNOWN: m.errors_PASSKEY_KNOWN,
	PASSKEY_UNKNOWN: m.errors_PASSKEY_UNKNOWN,
	PASSKEY_UNSUPPORTED: m.errors_PASSKEY_UNSUPPORTED,
};

/** Whether there is a sentence for the code: what stands in an address may be anything. */
export function isKnownCode(code: string): boolean {
	return Object.hasOwn(SENTENCES, code);
}

/** The sentence for a person, in their language; a code we do not know falls back to the server's English. */
export function explain(problem: Problem): string {
	return (
		(isKnownCode(problem.code) ? SENTENCES[problem.code]?.() : undefined) ??
		(problem.message || m.errors_INTERNAL())
	);
}
