import { locale } from '$lib/locale.svelte';
import { m } from '$lib/paraglide/messages.js';

const MICRO = 1_000_000;

/** Millionths of a dollar as dollars: cents for amounts that have some, all six decimals for the tiny ones. */
export function dollars(microusd: number): string {
	const tiny = microusd !== 0 && Math.abs(microusd) < 10_000;
	return new Intl.NumberFormat(locale.current, {
		style: 'currency',
		currency: 'USD',
		minimumFractionDigits: 2,
		maximumFractionDigits: tiny ? 6 : 2,
	}).format(microusd / MICRO);
}

/** A cost, which may be unknown and is never zero then (GTW-3). */
export function cost(microusd: number | null | undefined): string {
	return typeof microusd === 'number' ? dollars(microusd) : m.unknown();
}

/** A count in full. */
export function whole(value: number): string {
	return new Intl.NumberFormat(locale.current).format(value);
}

/** A count in few signs: 1.2M. */
export function short(value: number): string {
	return new Intl.NumberFormat(locale.current, { notation: 'compact', maximumFractionDigits: 1 }).format(
		value,
	);
}

/** Milliseconds as people read them: 85 ms, 1.2 s. */
export function duration(ms: number | null | undefined): string {
	if (typeof ms !== 'number') return m.unknown();
	const seconds = ms >= 1000;
	return new Intl.NumberFormat(locale.current, {
		style: 'unit',
		unit: seconds ? 'second' : 'millisecond',
		unitDisplay: 'short',
		maximumFractionDigits: seconds ? 1 : 0,
	}).format(seconds ? ms / 1000 : ms);
}
