import type { BoardSession, Mode } from '$lib/api/types';

/** Seconds that one model call takes, from a quick answer to a slow one. */
const CALL: readonly [number, number] = [8, 30];
/**
 * Rounds of discussion, fewest and most (docs/deliberation.md). A board that `auto` calls in after two seats disagreed
 * takes about one round more than `standard`.
 */
const ROUNDS: Record<Mode, readonly [number, number]> = {
	quick: [0, 0],
	standard: [0, 2],
	deep: [1, 4],
	auto: [0, 3],
};

/**
 * Minutes that a session may take, from the calls that must wait for each other: breaking it down, choosing the seats,
 * the first views, the facilitator and the voices of each round, the vote, the report of the parts and the whole. What
 * is asked at the same time counts once. Waiting for answers of the user is not in it.
 */
export function estimate(mode: Mode): [number, number] {
	const [fewest, most] = ROUNDS[mode];
	const calls = (rounds: number) => 5 + 2 * rounds;
	return [
		Math.max(1, Math.round((calls(fewest) * CALL[0]) / 60)),
		Math.ceil(((calls(most) + 1) * CALL[1]) / 60),
	];
}

/** Minutes that finished sessions of this mode took, in the middle; null while fewer than three are known. */
export function experience(sessions: readonly BoardSession[], mode: Mode): number | null {
	const minutes = sessions
		.filter((session) => session.mode === mode && session.status === 'completed')
		.flatMap(({ started_at: from, completed_at: to }) =>
			from && to ? [(Date.parse(to) - Date.parse(from)) / 60_000] : [],
		)
		.sort((a, b) => a - b);
	const middle = minutes[Math.floor(minutes.length / 2)];
	return minutes.length < 3 || middle === undefined ? null : Math.max(1, Math.round(middle));
}
