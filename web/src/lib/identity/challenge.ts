import type { Problem } from '$lib/api/problem';

const METHODS = ['totp', 'recovery_code', 'passkey'] as const;
/** A way to take the second step. */
export type SecondMethod = (typeof METHODS)[number];

/** A log-in that waits for its second step. It lives in memory only: a reload begins the log-in anew. */
export interface Challenge {
	challenge: string;
	methods: SecondMethod[];
}

let held: Challenge | null = null;

function challengeFrom(challenge: unknown, methods: unknown): Challenge | null {
	if (typeof challenge !== 'string' || !/^[\w.~-]{4,512}$/.test(challenge)) return null;
	const known = Array.isArray(methods) ? METHODS.filter((method) => methods.includes(method)) : [];
	// A server that names none that we know leaves the choice to the person.
	return { challenge, methods: known.length > 0 ? known : [...METHODS] };
}

/** The second step that a refused log-in asks for; null when the refusal was about something else. */
export function challengeOf(problem: Problem): Challenge | null {
	if (problem.code !== 'SECOND_FACTOR_REQUIRED') return null;
	return challengeFrom(problem.params.challenge, problem.params.methods);
}

/** The second step from the fragment that a log-in through another service comes back with. */
export function challengeIn(fragment: string): { challenge: Challenge; next: string | null } | null {
	const values = new URLSearchParams(fragment.replace(/^#/, ''));
	const challenge = challengeFrom(values.get('challenge'), values.get('methods')?.split(','));
	return challenge && { challenge, next: values.get('next') };
}

/** Keeps a second step for the page that asks for it. */
export function hold(challenge: Challenge) {
	held = challenge;
}

/** The second step that waits, if one does. */
export function waiting(): Challenge | null {
	return held;
}

/** The second step is done or dead. */
export function release() {
	held = null;
}
