import { locale } from '$lib/locale.svelte';
import { own } from '$lib/named';
import { m } from '$lib/paraglide/messages.js';
import type { Allowance, Feature, Use } from '../types';

/** What a feature of a plan is called. One that this page does not know keeps its own name. */
export function featureName(feature: Feature | string): string {
	const all: Record<string, () => string> = {
		board_sessions: m.feature_board_sessions,
		personas: m.feature_personas,
		custom_personas: m.feature_custom_personas,
		solve_sessions: m.feature_solve_sessions,
		tasks: m.feature_tasks,
		posts: m.feature_posts,
		emails: m.feature_emails,
		api_requests: m.feature_api_requests,
		devices: m.feature_devices,
		concurrent_log_ins: m.feature_concurrent_log_ins,
		requests_per_minute: m.feature_requests_per_minute,
		solve_history_days: m.feature_solve_history_days,
		pdf_export: m.feature_pdf_export,
		priority: m.feature_priority,
		images: m.feature_images,
		videos: m.feature_videos,
		storage_bytes: m.feature_storage,
	};
	return own(all, feature)?.() ?? feature.replaceAll('_', ' ');
}

/** Features that a plan has or has not. */
const SWITCHES: readonly Feature[] = ['custom_personas', 'pdf_export', 'priority'];

/** Bytes in the unit that people say them in: 1.5 GB. */
export function bytes(count: number): string {
	const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
	// Nothing is said in a unit that has a sign: “0 kB”.
	const step = count < 1 ? 1 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
	return new Intl.NumberFormat(locale.current, {
		style: 'unit',
		unit: units[step],
		maximumFractionDigits: 1,
	}).format(count / 1000 ** step);
}

/** A number of something, in its own unit. */
export function amount(feature: string, count: number): string {
	return feature === 'storage_bytes' ? bytes(count) : new Intl.NumberFormat(locale.current).format(count);
}

/** What a plan holds of a feature, in a word: a number, no limit, by contract, yes or no. */
export function limitText(one: Allowance | Use): string {
	const contract = 'by_contract' in one && one.by_contract;
	if (!one.included) return m.billing_not_included();
	if (contract && (one.limit === null || one.limit === undefined)) return m.billing_by_contract();
	if (one.limit === null || one.limit === undefined)
		return SWITCHES.includes(one.feature) ? m.billing_included() : m.billing_no_limit();
	const number = amount(one.feature, one.limit);
	if (one.per === 'month') return m.billing_a_month({ number });
	if (one.per === 'life') return m.billing_in_all({ number });
	return number;
}

/** A price of hundredths of a currency, without the hundredths when there are none. */
export function price(cents: number, currency: string): string {
	return new Intl.NumberFormat(locale.current, {
		style: 'currency',
		currency,
		minimumFractionDigits: cents % 100 === 0 ? 0 : 2,
	}).format(cents / 100);
}
