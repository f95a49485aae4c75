import type { Metrics, PhaseMetrics, RoundMeasure, RoundMetrics } from '$lib/api/types';
import { percent } from '$lib/format';
import { m } from '$lib/paraglide/messages.js';
import { cost, duration, whole } from '$lib/usage/figures';

/** What a metric says where it is unknown: never a number (BRD-12). */
export const known = <T>(value: T | null | undefined, say: (value: T) => string): string =>
	value === null || value === undefined ? m.unknown() : say(value);

/** The name of a phase: the stages of the course, and the single model that is asked beside the board. */
export function phaseTitle(phase: PhaseMetrics['phase']): string {
	const names: Record<PhaseMetrics['phase'], () => string> = {
		intake: m.phase_intake,
		decomposition: m.phase_decomposition,
		selection: m.phase_selection,
		initial_round: m.phase_initial_round,
		discussion: m.phase_discussion,
		voting: m.phase_voting,
		synthesis: m.phase_synthesis,
		baseline: m.ran_baseline,
	};
	return names[phase]();
}

type Consumed = Omit<PhaseMetrics, 'phase'> | Metrics['totals'];

/** The cells of a row of the table of phases, in the order of its columns. */
export function cells(part: Consumed): string[] {
	return [
		known(part.elapsed_ms, duration),
		whole(part.answers),
		// The sums of nothing are neither zero nor unknown.
		...(part.answers === 0
			? ['–', '–', '–', '–', '–', '–', '–']
			: [
					known(part.tokens_in, whole),
					known(part.cache_share, percent),
					known(part.tokens_out, whole),
					known(part.tokens_reasoning, whole),
					known(part.repairs, whole),
					known(
						part.latency,
						({ median_ms, longest_ms }) => `${duration(median_ms)} / ${duration(longest_ms)}`,
					),
					cost(part.money?.microusd),
				]),
		whole(part.absences),
	];
}

/** The rounds of each sub-problem, in their order. */
export function bySubProblem(rounds: readonly RoundMetrics[]): { index: number; rounds: RoundMetrics[] }[] {
	const found: { index: number; rounds: RoundMetrics[] }[] = [];
	for (const round of rounds) {
		const part = found.find(({ index }) => index === round.sub_problem);
		if (part) part.rounds.push(round);
		else found.push({ index: round.sub_problem, rounds: [round] });
	}
	return found;
}

/** The rounds as the chart of the discussion draws them: unknown stays unknown. */
export const measuresOf = (rounds: readonly RoundMetrics[]): RoundMeasure[] =>
	rounds.map(({ round, novelty, drift, agreement }) => ({ round, novelty, drift, agreement }));

/** Changes of side in words; in a round where none was possible, a dash. */
export function flipsOf(flips: RoundMetrics['flips']): string {
	return flips ? m.ran_flips({ cited: whole(flips.cited), uncited: whole(flips.uncited) }) : '–';
}

/** The cost beside the ceiling; nothing for who may not see it. */
export function ceilingOf({ ceiling }: Metrics['totals']): string | undefined {
	if (!ceiling) return undefined;
	const { share, microusd, counted_microusd: counted } = ceiling;
	if (typeof share === 'number') return m.ran_ceiling({ share: percent(share), ceiling: cost(microusd) });
	return m.ran_ceiling_part({ counted: cost(counted), ceiling: cost(microusd) });
}
