import { locale } from '$lib/locale.svelte';
import { m } from '$lib/paraglide/messages.js';
import { timeZone } from '$lib/zone.svelte';

/** The hour of day, 0 to 23, where the person is. */
export function hourIn(zone: string | undefined, now: Date): number {
	const hour = new Intl.DateTimeFormat('en', { hour: 'numeric', hourCycle: 'h23', timeZone: zone }).format(
		now,
	);
	return Number(hour) % 24;
}

/** A greeting for this time of day. */
export function greeting(name: string, now: Date = new Date()): string {
	const hour = hourIn(timeZone.current, now);
	if (hour < 5 || hour >= 18) return m.home_evening({ name });
	return hour < 12 ? m.home_morning({ name }) : m.home_afternoon({ name });
}

/** Today as people say it, with its weekday. */
export function today(now: Date = new Date()): string {
	return new Intl.DateTimeFormat(locale.current, {
		weekday: 'long',
		day: 'numeric',
		month: 'long',
		timeZone: timeZone.current,
	}).format(now);
}
