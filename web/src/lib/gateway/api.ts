import { Problem, readProblem, unreachable } from '$lib/api/problem';
import { send } from '$lib/api/transport';
import type { Page } from '$lib/settings/types';
import type * as T from './types';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A call that openapi.json does not describe yet; see types.ts. Throws a `Problem`. */
async function call<Answer>(method: Method, path: string, body?: object): Promise<Answer> {
	let answer: Response;
	try {
		answer = await send(`${location.origin}/api/v1${path}`, {
			method,
			headers: body ? { 'Content-Type': 'application/json' } : {},
			body: body && JSON.stringify(body),
		});
	} catch (cause) {
		throw cause instanceof Problem ? cause : unreachable();
	}
	const content: unknown = answer.status === 204 ? null : await answer.json().catch(() => null);
	if (!answer.ok) {
		const { headers } = answer;
		throw readProblem(answer.status, content, headers.get('x-request-id'), headers.get('retry-after'));
	}
	return content as Answer;
}

/** A path whose values cannot lead to another one. */
function at(parts: TemplateStringsArray, ...values: string[]): string {
	return parts.reduce((path, part, index) => path + encodeURIComponent(values[index - 1] ?? '') + part);
}

function query(values: Record<string, string | null | undefined>): string {
	const given = Object.entries(values).filter((pair): pair is [string, string] => Boolean(pair[1]));
	return given.length > 0 ? `?${new URLSearchParams(given)}` : '';
}

/** The calls about API keys (PLT-1). */
export const keys = {
	list: (cursor: string | null) => call<Page<T.ApiKey>>('GET', `/keys${query({ cursor })}`),
	create: (body: T.NewKey) => call<T.MadeKey>('POST', '/keys', body),
	change: (id: string, body: T.KeyChange) => call<unknown>('PATCH', at`/keys/${id}`, body),
	/** A new secret; the old one lives on for so many hours. */
	rotate: (id: string, grace_hours: number) =>
		call<T.MadeKey>('POST', at`/keys/${id}/rotate`, { grace_hours }),
	revoke: (id: string) => call<null>('DELETE', at`/keys/${id}`),
};

/** From when to when something is asked for. */
export interface Span {
	from: string;
	to: string;
}
const during = (span: Span) => query({ from: span.from, to: span.to });

/** The calls about what was used and what it cost (PLT-2). */
export const usage = {
	summary: (span: Span) => call<T.UsageSummary>('GET', `/usage/summary${during(span)}`),
	by: (what: 'model' | 'key' | 'endpoint', span: Span) =>
		call<Page<T.UsageGroup>>('GET', `/usage/by-${what}${during(span)}`),
	requests: (span: Span, filter: T.RequestFilter, cursor: string | null) =>
		call<Page<T.UsageRequest>>('GET', `/usage/requests${query({ ...span, ...filter, cursor })}`),
	quota: () => call<{ data: T.Meter[] }>('GET', '/usage/quota'),
	/** Where the table of the same requests is, for whoever fetches it as a file. */
	exportPath: (span: Span) => `/api/v1/usage/export.csv${during(span)}`,
};

/** The calls about budgets; only those who run the organization set them. */
export const budgets = {
	list: () => call<{ data: T.Budget[] }>('GET', '/budgets'),
	/** All of them at once: what is not in the list ends. */
	set: (list: T.NewBudget[]) => call<{ data: T.Budget[] }>('PUT', '/budgets', { budgets: list }),
};
