import { locale } from '$lib/locale.svelte';
import { timeZone } from '$lib/zone.svelte';

/** A day, for things whose hour nobody asks for; with its year when that is not this one. */
export function day(iso: string, now: Date = new Date()): string {
	const date = new Date(iso);
	return new Intl.DateTimeFormat(locale.current, {
		day: 'numeric',
		month: 'short',
		year: date.getFullYear() === now.getFullYear() ? undefined : 'numeric',
		timeZone: timeZone.current,
	}).format(date);
}
