// How a board ran, as the server tells those who run it.
const part = (answers, tokens_in, tokens_cached, microusd) => ({
	answers,
	tokens_in,
	tokens_cached,
	tokens_out: 400,
	tokens_reasoning: 0,
	cache_share: tokens_cached / tokens_in,
	repairs: 1,
	latency: { median_ms: 900, longest_ms: 2400 },
	money: { microusd, unpriced: 0 },
	absences: 0,
	elapsed_ms: 4000,
});
const nothing = {
	...part(0, null, null, null),
	tokens_out: null,
	tokens_reasoning: null,
	cache_share: null,
	repairs: null,
	latency: null,
};
const round = (sub_problem, number, flips) => ({
	sub_problem,
	round: number,
	kind: number === 0 ? 'initial' : 'discussion',
	contributions: 4,
	absences: 0,
	novelty: number === 0 ? 0.8 : null,
	drift: 0.2,
	agreement: 0.6,
	flips,
});

export const METRICS = {
	totals: {
		...part(13, 37_000, 15_000, 30_200),
		elapsed_ms: 61_000,
		waited_ms: 0,
		flips_at_vote: { cited: 1, uncited: 1 },
		ceiling: { microusd: 1_000_000, counted_microusd: 30_200, share: 0.0302 },
	},
	phases: [
		{ phase: 'selection', ...nothing },
		{ phase: 'initial_round', ...part(3, 6_000, 1_500, 6_450) },
		{ phase: 'voting', ...part(4, 16_000, 12_000, 6_000) },
	],
	rounds: [round(0, 0, null), round(0, 1, { cited: 1, uncited: 0 }), round(1, 0, null)],
};
