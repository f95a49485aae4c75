import type { Span } from '$lib/gateway/api';

export const PERIODS = ['24h', '7d', '30d', 'month', '90d'] as const;
export type Period = (typeof PERIODS)[number];

/** The period in an address; what is none is the last 30 days. */
export function periodOf(text: string | null): Period {
	return PERIODS.find((one) => one === text) ?? '30d';
}

const HOUR_MS = 3_600_000;
const HOURS: Record<Exclude<Period, 'month'>, number> = { '24h': 24, '7d': 168, '30d': 720, '90d': 2160 };

/** From when to when a period goes that ends now. Months are those of UTC, as plans count them. */
export function spanOf(period: Period, now: number): Span {
	const to = new Date(now).toISOString();
	if (period !== 'month') return { from: new Date(now - HOURS[period] * HOUR_MS).toISOString(), to };
	const date = new Date(now);
	return { from: new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)).toISOString(), to };
}
