import { Problem } from '$lib/api/problem';
import type { LoginSession } from '../types';

const used = (session: LoginSession) => Date.parse(session.last_used_at);

/** This one first, then the others from the latest used. */
export function inOrder(sessions: readonly LoginSession[]): LoginSession[] {
	return [...sessions].sort((a, b) => Number(b.current) - Number(a.current) || used(b) - used(a));
}

/**
 * Ends every login session but this one. One that is gone already is fine; the first real trouble is thrown when all
 * have been tried, so that one hiccup does not leave a stranger logged in.
 */
export async function endOthers(
	sessions: readonly LoginSession[],
	end: (id: string) => Promise<unknown>,
): Promise<void> {
	let trouble: unknown = null;
	for (const { id } of sessions.filter((session) => !session.current)) {
		try {
			await end(id);
		} catch (cause) {
			if (!(cause instanceof Problem && cause.code === 'NOT_FOUND')) trouble ??= cause;
		}
	}
	if (trouble) throw trouble;
}
