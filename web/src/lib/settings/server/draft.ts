import type {
	ModelPrice,
	ModelProvider,
	ModelProviderChange,
	ModelProviderKind,
	ModelRoute,
	ModelRouteChange,
	ModelRouteTarget,
} from '$lib/gateway/types';
import { m } from '$lib/paraglide/messages.js';

type Complaints = Record<string, string | undefined>;

/** A provider as it stands in a form: everything is text, as people type it. */
export interface ProviderDraft {
	name: string;
	kind: string;
	address: string;
	key: string;
	/** `Name: value`, one in a line. */
	headers: string;
	/** `model input output`, one in a line. */
	prices: string;
	enabled: boolean;
}

/** A route as it stands in a form. */
export interface RouteDraft {
	name: string;
	strategy: string;
	/** `provider/model weight`, one in a line. */
	targets: string;
	sticky: boolean;
	restart: boolean;
	hedge: string;
	connect: string;
	first: string;
	idle: string;
	total: string;
	deadline: string;
	/** Hours for which answers are kept; empty for not at all. */
	keep: string;
	/** Whether organizations share what is kept. */
	shared: boolean;
	mask: string[];
	/** Phrases, one in a line. */
	block: string;
	moderation: string;
}

export const PROVIDER_FIELDS = ['name', 'kind', 'base_url', 'api_key', 'headers', 'prices'];
/** What stands in the part about time, and in the one about what is kept and hidden. */
export const ROUTE_TIMES = ['hedge_after', 'deadline', ...limits('timeouts.')];
export const ROUTE_GUARDS = ['cache.ttl_seconds', 'guard.mask', 'guard.block', 'guard.moderation'];
export const ROUTE_FIELDS = ['name', 'strategy', 'targets', ...ROUTE_TIMES, ...ROUTE_GUARDS];
export const PERSONAL = ['email', 'phone', 'card', 'iban', 'ip'] as const;
export const STRATEGIES = ['priority', 'weighted', 'least-latency', 'least-cost', 'sticky'] as const;

function limits(before: string): string[] {
	return ['connect', 'first_token', 'idle', 'total'].map((name) => before + name);
}

/** Seconds of an hour, and the most hours that an answer is kept: thirty days. */
const HOUR = 3600;
const LONGEST = 720;

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i;
const lines = (text: string) =>
	text
		.split('\n')
		.map((line) => line.trim())
		.filter((line) => line !== '');

export function emptyProvider(kind: string): ProviderDraft {
	return { name: '', kind, address: '', key: '', headers: '', prices: '', enabled: true };
}

/** A provider to be changed. Secrets are not known: an empty field leaves them as they are. */
export function draftOfProvider(provider: ModelProvider, usual: string | null): ProviderDraft {
	const address = provider.base_url ?? '';
	return {
		name: provider.name,
		kind: provider.kind,
		address: address === usual ? '' : address,
		key: '',
		headers: '',
		prices: provider.prices.map(priceLine).join('\n'),
		enabled: provider.enabled,
	};
}

function priceLine({ model, input, output, cached_read, cache_write }: ModelPrice): string {
	const cached = cached_read ?? (typeof cache_write === 'number' ? input : null);
	return [model, input, output, cached, cache_write]
		.filter((part) => part !== null && part !== undefined)
		.join(' ');
}

/** Prices as they are written; undefined when a line is none. */
export function prices(text: string): ModelPrice[] | undefined {
	const read = lines(text).map((line) => {
		const [model = '', ...parts] = line.split(/\s+/);
		const numbers = parts.map((part) => Number(part.replace(',', '.')));
		const [input, output, cached_read = null, cache_write = null] = numbers;
		if (numbers.length > 4 || numbers.some((one) => !Number.isFinite(one) || one < 0)) return undefined;
		if (input === undefined || output === undefined) return undefined;
		return { model, input, output, cached_read, cache_write };
	});
	return read.every((one) => one !== undefined) ? read : undefined;
}

/** Headers as they are written; undefined when a line is none. */
export function headers(text: string): Record<string, string> | undefined {
	const pairs = lines(text).map((line) => /^([^:\s]+):\s*(.+)$/.exec(line));
	if (pairs.some((pair) => pair === null)) return undefined;
	return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}

/** Whether the draft leads to another address than the provider has. */
export function hasMoved(draft: ProviderDraft, before: ModelProvider, usual: string | null): boolean {
	const bare = (address: string) => address.trim().replace(/\/+$/, '');
	return bare(draft.address || (usual ?? '')) !== bare(before.base_url ?? '');
}

/** What is wrong with which field, before the server is asked. */
export function providerComplaints(
	draft: ProviderDraft,
	kind: ModelProviderKind | undefined,
	before: ModelProvider | null,
): Complaints {
	const moved = before !== null && hasMoved(draft, before, kind?.base_url ?? null);
	const lacksKey = draft.key.trim() === '' && (before === null ? kind?.needs_key : moved && before.has_key);
	const lacksHeaders = moved && before.headers.length > 0 && draft.headers.trim() === '';
	const complaint = moved ? m.upstreams_again() : m.upstreams_key_missing();
	return {
		name: NAME.test(draft.name.trim()) ? undefined : m.upstreams_name_wrong(),
		base_url: !kind?.base_url && draft.address.trim() === '' ? m.upstreams_address_missing() : undefined,
		api_key: lacksKey ? complaint : undefined,
		headers: lacksHeaders
			? m.upstreams_again()
			: headers(draft.headers) === undefined
				? m.upstreams_headers_wrong()
				: undefined,
		prices: prices(draft.prices) === undefined ? m.upstreams_prices_wrong() : undefined,
	};
}

/** What a draft without complaints asks for. What was not entered stays. */
export function providerChange(draft: ProviderDraft) {
	const key = draft.key.trim();
	return {
		base_url: draft.address.trim() || null,
		...(key === '' ? {} : { api_key: key }),
		...(draft.headers.trim() === '' ? {} : { headers: headers(draft.headers) ?? {} }),
		enabled: draft.enabled,
		prices: prices(draft.prices) ?? [],
	} satisfies ModelProviderChange;
}

export function emptyRoute(): RouteDraft {
	const times = { hedge: '', connect: '', first: '', idle: '', total: '', deadline: '' };
	const guard = { keep: '', shared: false, mask: [], block: '', moderation: '' };
	return { name: '', strategy: 'priority', targets: '', sticky: false, restart: false, ...times, ...guard };
}

export function draftOfRoute(route: ModelRoute): RouteDraft {
	const text = (seconds: number | null | undefined) => (typeof seconds === 'number' ? String(seconds) : '');
	const { connect, first_token, idle, total } = route.timeouts;
	return {
		name: route.name,
		strategy: route.strategy,
		targets: route.targets
			.map(({ target, weight = 1 }) => (weight === 1 ? target : `${target} ${weight}`))
			.join('\n'),
		sticky: route.sticky,
		restart: route.restart,
		hedge: text(route.hedge_after),
		connect: text(connect),
		first: text(first_token),
		idle: text(idle),
		total: text(total),
		deadline: text(route.deadline),
		keep: text(route.cache && route.cache.ttl_seconds / HOUR),
		shared: route.cache?.shared ?? false,
		mask: route.guard.mask ?? [],
		block: (route.guard.block ?? []).join('\n'),
		moderation: route.guard.moderation ?? '',
	};
}

/** Targets as they are written, in their order; undefined when a line is none. */
export function targets(text: string): ModelRouteTarget[] | undefined {
	const read = lines(text).map((line) => {
		const [target = '', share = '1', ...rest] = line.split(/\s+/);
		const weight = Number(share.replace(',', '.'));
		const sound = /^[^/]+\/.+$/.test(target) && rest.length === 0 && Number.isFinite(weight) && weight >= 0;
		return sound ? { target, weight } : undefined;
	});
	return read.every((one) => one !== undefined) ? read : undefined;
}

/** Seconds above zero, null for an empty field; undefined when it is neither. */
export function seconds(text: string): number | null | undefined {
	const bare = text.trim().replace(',', '.');
	if (bare === '') return null;
	const number = Number(bare);
	return Number.isFinite(number) && number > 0 ? number : undefined;
}

export function routeComplaints(draft: RouteDraft): Complaints {
	const found = targets(draft.targets);
	const wrong = (text: string) => (seconds(text) === undefined ? m.upstreams_seconds_wrong() : undefined);
	return {
		name: NAME.test(draft.name.trim()) ? undefined : m.upstreams_name_wrong(),
		targets: found === undefined || found.length === 0 ? m.upstreams_targets_wrong() : undefined,
		hedge_after: wrong(draft.hedge),
		'timeouts.connect': wrong(draft.connect),
		'timeouts.first_token': wrong(draft.first),
		'timeouts.idle': wrong(draft.idle),
		'timeouts.total': wrong(draft.total),
		deadline: wrong(draft.deadline),
		'cache.ttl_seconds': (seconds(draft.keep) ?? 0) > LONGEST ? m.upstreams_keep_wrong() : wrong(draft.keep),
		'guard.moderation': /^$|^[^/]+\/.+$/.test(draft.moderation.trim())
			? undefined
			: m.upstreams_moderation_wrong(),
	};
}

export function routeChange(draft: RouteDraft) {
	const hours = seconds(draft.keep);
	return {
		strategy: draft.strategy,
		targets: targets(draft.targets) ?? [],
		sticky: draft.sticky,
		restart: draft.restart,
		hedge_after: seconds(draft.hedge) ?? null,
		deadline: seconds(draft.deadline) ?? null,
		cache: hours ? { ttl_seconds: Math.max(1, Math.round(hours * HOUR)), shared: draft.shared } : null,
		guard: {
			mask: PERSONAL.filter((kind) => draft.mask.includes(kind)),
			block: lines(draft.block),
			moderation: draft.moderation.trim() || null,
		},
		timeouts: {
			connect: seconds(draft.connect) ?? null,
			first_token: seconds(draft.first) ?? null,
			idle: seconds(draft.idle) ?? null,
			total: seconds(draft.total) ?? null,
		},
	} satisfies ModelRouteChange;
}
