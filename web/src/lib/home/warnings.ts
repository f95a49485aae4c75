import type { Budget, Meter } from '$lib/gateway/types';

/** From this share of a limit on, people are told. */
const NEAR = 0.8;

/** Something that is nearly, or quite, used up. */
export interface Warning {
	kind: 'quota' | 'budget';
	/** The feature, or the budget's scope and subject. */
	of: Meter | Budget;
	/** From 0 on; more than 1 is over the limit. */
	share: number;
	out: boolean;
	resets: string | null;
}

function warning(kind: Warning['kind'], of: Meter | Budget, used: number, limit: number): Warning | null {
	// A limit of zero means that the plan does not have it at all, which is no news.
	if (limit <= 0 || used < limit * NEAR) return null;
	return { kind, of, share: used / limit, out: used >= limit, resets: of.resets_at ?? null };
}

/** What of a plan and of the budgets runs out, the fullest first. */
export function warningsOf(meters: readonly Meter[], budgets: readonly Budget[]): Warning[] {
	return [
		...meters.map((one) =>
			typeof one.limit === 'number' ? warning('quota', one, one.used, one.limit) : null,
		),
		...budgets.map((one) =>
			warning('budget', one, one.spent_microusd + one.reserved_microusd, one.cap_microusd),
		),
	]
		.filter((one) => one !== null)
		.sort((a, b) => b.share - a.share);
}
