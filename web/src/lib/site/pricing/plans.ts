import type { Plan } from '$lib/settings/types';

/**
 * What a plan can be used for today. The rows name limits of rooms that are not built yet too; a price list that shows
 * them would sell what is not there.
 */
const BUILT: readonly string[] = ['api_requests', 'requests_per_minute', 'devices', 'concurrent_log_ins'];

export type Feature = Plan['features'][number];

/** The limits of a plan that hold today, in their order. */
export function limitsOf(plan: Plan): Feature[] {
	return plan.features.filter((one) => BUILT.includes(one.feature));
}

/** The names of all limits that any of the plans has, in the order of the first that has them. */
export function limitNames(plans: readonly Plan[]): Feature['feature'][] {
	return [...new Set(plans.flatMap((plan) => limitsOf(plan).map((one) => one.feature)))];
}
