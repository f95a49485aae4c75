import { Problem } from '$lib/api/problem';
import type { SocialProvider } from '$lib/identity/api';
import { redirectProblem } from '$lib/identity/redirect-error';
import { own } from '$lib/named';
import { m } from '$lib/paraglide/messages.js';
import type { Connection } from '../types';

export interface ConnectionLine {
	name: string;
	kind: string;
	label: string;
	connected: Connection | null;
}

/**
 * What the server offers and what is connected, as one list. A service that the server no longer offers but that is
 * still connected stays, so that it can be cut off.
 */
export function connectionLines(
	providers: readonly SocialProvider[],
	connections: readonly Connection[],
): ConnectionLine[] {
	const offered = providers.map((one) => ({
		name: one.name,
		kind: one.kind,
		label: one.label,
		connected: connections.find((connection) => connection.provider === one.name) ?? null,
	}));
	const gone = connections
		.filter((connection) => !providers.some((one) => one.name === connection.provider))
		.map((connection) => ({
			name: connection.provider,
			kind: connection.provider,
			label: connection.label,
			connected: connection,
		}));
	return [...offered, ...gone];
}

/** Why a service could not be connected, from `?error=`: told as what it is here, where nobody wanted to log in. */
export function connectProblem(code: string | null): Problem | null {
	const problem = redirectProblem(code);
	const told: Record<string, () => string> = {
		SOCIAL_DENIED: m.settings_connect_denied,
		SOCIAL_FAILED: m.settings_connect_failed,
		SOCIAL_NOT_VERIFIED: m.settings_connect_unverified,
		ACCOUNT_EXISTS: m.settings_connect_taken,
	};
	const text = problem ? own(told, problem.code) : undefined;
	return text ? new Problem('NOT_CONNECTED', 0, text()) : problem;
}
