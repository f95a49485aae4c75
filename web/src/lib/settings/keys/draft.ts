import type { ApiKey, Environment, KeyChange, NewKey } from '$lib/gateway/types';
import { m } from '$lib/paraglide/messages.js';

/** A key as it stands in a form: everything is text, as people type it. */
export interface Draft {
	name: string;
	environment: Environment;
	scopes: string[];
	models: string;
	ips: string;
	/** A number of days, `never`, `date` for the day in `date`, or `same` for what it is. */
	expiry: string;
	date: string;
	perMinute: string;
	concurrency: string;
	/** Dollars. */
	budget: string;
}

export const EXPIRIES = ['30', '90', '365', 'never', 'date'] as const;
const MICRO = 1_000_000;
const DAY_MS = 86_400_000;

export function emptyDraft(scopes: readonly string[]): Draft {
	return {
		name: '',
		environment: 'live',
		scopes: [...scopes],
		models: '',
		ips: '',
		expiry: '90',
		date: '',
		perMinute: '',
		concurrency: '',
		budget: '',
	};
}

export function draftOf(key: ApiKey): Draft {
	const number = (value: number | null | undefined) => (typeof value === 'number' ? String(value) : '');
	const budget = key.monthly_budget_microusd;
	return {
		name: key.name,
		environment: key.environment,
		scopes: [...key.scopes],
		models: key.models.join('\n'),
		ips: key.allowed_ips.join('\n'),
		expiry: 'same',
		date: '',
		perMinute: number(key.requests_per_minute),
		concurrency: number(key.max_concurrency),
		budget: typeof budget === 'number' ? String(budget / MICRO) : '',
	};
}

/** The entries of a list that people write in lines or with commas, each once. */
export function entries(text: string): string[] {
	return [...new Set(text.split(/[\s,;]+/).filter((part) => part !== ''))];
}

const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1?\d?\d)`;
const V4 = new RegExp(String.raw`^(?:${OCTET}\.){3}${OCTET}(?:/(?:3[0-2]|[12]?\d))?$`);

/** Whether it looks like an address or a network. The server reads it exactly; this catches slips. */
export function isNetwork(text: string): boolean {
	if (V4.test(text)) return true;
	const [address = '', length = '128', ...rest] = text.split('/');
	if (rest.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > 128) return false;
	try {
		return address.includes(':') && new URL(`http://[${address}]/`).hostname !== '';
	} catch {
		return false;
	}
}

/** A whole number from 1, or null for an empty field; undefined when it is neither. */
export function count(text: string): number | null | undefined {
	const bare = text.trim();
	if (bare === '') return null;
	return /^[1-9]\d{0,8}$/.test(bare) ? Number(bare) : undefined;
}

/** Dollars with at most six decimals as millionths; a comma is a decimal point too. Undefined when it is no amount. */
export function microUsd(text: string): number | null | undefined {
	const bare = text
		.trim()
		.replace(/^\$\s*/, '')
		.replace(',', '.');
	if (bare === '') return null;
	const found = /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(bare);
	if (!found) return undefined;
	return Number(found[1]) * MICRO + Number((found[2] ?? '').padEnd(6, '0'));
}

/** When the key ends: an instant, null for never, undefined for what it is already. */
export function expiresAt(draft: Pick<Draft, 'expiry' | 'date'>, now: number): string | null | undefined {
	if (draft.expiry === 'same') return undefined;
	if (draft.expiry === 'never') return null;
	if (draft.expiry === 'date') return new Date(`${draft.date}T23:59:59`).toISOString();
	return new Date(now + Number(draft.expiry) * DAY_MS).toISOString();
}

/** What is wrong with which field, before the server is asked. */
export function complaints(draft: Draft, now: number): Record<string, string | undefined> {
	const bad = entries(draft.ips).find((one) => !isNetwork(one));
	const day = Date.parse(`${draft.date}T23:59:59`);
	const wrongDay = draft.expiry === 'date' && (Number.isNaN(day) || day <= now);
	return {
		name: draft.name.trim() === '' ? m.keys_name_missing() : undefined,
		scopes: draft.scopes.length === 0 ? m.keys_scopes_missing() : undefined,
		date: wrongDay ? m.keys_date_wrong() : undefined,
		allowed_ips: bad === undefined ? undefined : m.keys_ip_wrong({ entry: bad }),
		requests_per_minute: count(draft.perMinute) === undefined ? m.keys_number_wrong() : undefined,
		max_concurrency: count(draft.concurrency) === undefined ? m.keys_number_wrong() : undefined,
		monthly_budget_microusd: microUsd(draft.budget) === undefined ? m.keys_budget_wrong() : undefined,
	};
}

/** The fields that a form tells its complaints at. */
export const FIELDS = [
	'name',
	'scopes',
	'date',
	'expires_at',
	'models',
	'allowed_ips',
	'requests_per_minute',
	'max_concurrency',
	'monthly_budget_microusd',
];

/** What a draft without complaints asks for. */
export function changeOf(draft: Draft, now: number) {
	const expires_at = expiresAt(draft, now);
	return {
		name: draft.name.trim(),
		scopes: [...draft.scopes],
		models: entries(draft.models),
		allowed_ips: entries(draft.ips),
		...(expires_at === undefined ? {} : { expires_at }),
		requests_per_minute: count(draft.perMinute) ?? null,
		max_concurrency: count(draft.concurrency) ?? null,
		monthly_budget_microusd: microUsd(draft.budget) ?? null,
	} satisfies KeyChange;
}

export function newKeyOf(draft: Draft, now: number): NewKey {
	return {
		...changeOf(draft, now),
		name: draft.name.trim(),
		scopes: [...draft.scopes],
		environment: draft.environment,
	};
}
