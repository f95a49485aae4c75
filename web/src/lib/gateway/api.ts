import { api, ask } from '$lib/api/client';
import type * as T from './types';

const at = (id: string) => ({ params: { path: { id } } });
/** A page of a list, from where the one before ended. */
const from = (cursor: string | null) => (cursor === null ? {} : { cursor });

/** The calls about API keys (PLT-1). Each throws a `Problem`. */
export const keys = {
	list: (cursor: string | null) => ask(api.GET('/api/v1/keys', { params: { query: from(cursor) } })),
	create: (body: T.NewKey) => ask(api.POST('/api/v1/keys', { body })),
	change: (id: string, body: T.KeyChange) => ask(api.PATCH('/api/v1/keys/{id}', { ...at(id), body })),
	/** A new secret; the old one lives on for so many hours. */
	rotate: (id: string, grace_hours: number) =>
		ask(api.POST('/api/v1/keys/{id}/rotate', { ...at(id), body: { grace_hours } })),
	revoke: (id: string) => ask(api.DELETE('/api/v1/keys/{id}', at(id))),
};

const named = (name: string) => ({ params: { path: { name } } });

/** The calls about providers of models; for operators (GTW-3). */
export const providers = {
	list: () => ask(api.GET('/api/v1/admin/providers')),
	add: (body: T.NewModelProvider) => ask(api.POST('/api/v1/admin/providers', { body })),
	change: (name: string, body: T.ModelProviderChange) =>
		ask(api.PATCH('/api/v1/admin/providers/{name}', { ...named(name), body })),
	remove: (name: string) => ask(api.DELETE('/api/v1/admin/providers/{name}', named(name))),
	/** Asks it for its list of models. */
	test: (name: string) => ask(api.POST('/api/v1/admin/providers/{name}/test', named(name))),
};

/** The calls about routes to models; for operators (GTW-10). */
export const modelRoutes = {
	list: () => ask(api.GET('/api/v1/admin/routes')),
	add: (body: T.NewModelRoute) => ask(api.POST('/api/v1/admin/routes', { body })),
	change: (name: string, body: T.ModelRouteChange) =>
		ask(api.PATCH('/api/v1/admin/routes/{name}', { ...named(name), body })),
	remove: (name: string) => ask(api.DELETE('/api/v1/admin/routes/{name}', named(name))),
};

/** From when to when something is asked for. */
export interface Span {
	from: string;
	to: string;
}

const during = (span: Span) => ({ params: { query: { from: span.from, to: span.to } } });

/** Only what was chosen: an empty filter would ask for what has no name. */
const chosen = (filter: T.RequestFilter): Partial<T.RequestFilter> =>
	Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''));

const by = {
	model: (span: Span) => ask(api.GET('/api/v1/usage/by-model', during(span))),
	key: (span: Span) => ask(api.GET('/api/v1/usage/by-key', during(span))),
	endpoint: (span: Span) => ask(api.GET('/api/v1/usage/by-endpoint', during(span))),
};

/** The calls about what was used and what it cost (PLT-2). */
export const usage = {
	summary: (span: Span) => ask(api.GET('/api/v1/usage/summary', during(span))),
	by: (what: keyof typeof by, span: Span) => by[what](span),
	requests: (span: Span, filter: T.RequestFilter, cursor: string | null) =>
		ask(
			api.GET('/api/v1/usage/requests', {
				params: { query: { from: span.from, to: span.to, ...chosen(filter), ...from(cursor) } },
			}),
		),
	quota: () => ask(api.GET('/api/v1/usage/quota')),
	/** Where the table of the same requests is, for whoever fetches it as a file. */
	exportPath: (span: Span) =>
		`/api/v1/usage/export.csv?${new URLSearchParams({ from: span.from, to: span.to })}`,
};

/** The calls about budgets; only those who run the organization set them. */
export const budgets = {
	list: () => ask(api.GET('/api/v1/budgets')),
	/** All of them at once: what is not in the list ends. */
	set: (list: T.NewBudget[]) => ask(api.PUT('/api/v1/budgets', { body: { budgets: list } })),
};
