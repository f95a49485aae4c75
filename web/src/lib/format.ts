import { locale } from '$lib/locale.svelte';
import { timeZone } from '$lib/zone.svelte';

/** A share of 0-1 as a whole percentage in the reader's language. */
export function percent(share: number): string {
	return new Intl.NumberFormat(locale.current, { style: 'percent', maximumFractionDigits: 0 }).format(share);
}

/** A number with at most two decimals. */
export function decimal(value: number): string {
	return new Intl.NumberFormat(locale.current, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(
		value,
	);
}

/** Day and time, as short as the language allows without losing the year of old things. */
export function dateTime(iso: string, now: Date = new Date()): string {
	const date = new Date(iso);
	return new Intl.DateTimeFormat(locale.current, {
		day: 'numeric',
		month: 'short',
		year: date.getFullYear() === now.getFullYear() ? undefined : 'numeric',
		hour: '2-digit',
		minute: '2-digit',
		timeZone: timeZone.current,
	}).format(date);
}

/** Minutes and seconds of a countdown, never negative. */
export function countdown(milliseconds: number): string {
	const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** A list of names in the reader's language: "A, B and C". */
export function nameList(names: readonly string[]): string {
	return new Intl.ListFormat(locale.current, { type: 'conjunction' }).format(names);
}

/** Day and time in full, with the zone: for what must be unmistakable. */
export function fullTime(iso: string): string {
	return new Intl.DateTimeFormat(locale.current, { dateStyle: 'full', timeStyle: 'long' }).format(
		new Date(iso),
	);
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
	['year', 31_557_600],
	['month', 2_629_800],
	['week', 604_800],
	['day', 86_400],
	['hour', 3600],
	['minute', 60],
];

/** How long ago or how far ahead, in one unit: "3 hours ago", "yesterday", "now". */
export function relativeTime(iso: string, now: Date = new Date()): string {
	const seconds = (new Date(iso).getTime() - now.getTime()) / 1000;
	const words = new Intl.RelativeTimeFormat(locale.current, { numeric: 'auto' });
	const [unit, length] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? ['second', 1];
	return words.format(unit === 'second' ? 0 : Math.trunc(seconds / length), unit);
}
