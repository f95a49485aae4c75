/** What the list of the audit log is narrowed to. */
export interface AuditFilter {
	action: string;
	user_id: string;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
	return UUID.test(text);
}

/** The filter in an address; what is not an id is dropped. */
export function filterOf(search: URLSearchParams): AuditFilter {
	const user = search.get('user') ?? '';
	return { action: (search.get('action') ?? '').trim(), user_id: isUuid(user) ? user : '' };
}

/** The address part of a filter, so that a view can be shared and survives a reload. */
export function searchOf(filter: AuditFilter): string {
	const search = new URLSearchParams({ view: 'audit' });
	if (filter.action) search.set('action', filter.action);
	if (filter.user_id) search.set('user', filter.user_id);
	return `?${search}`;
}

export interface Change {
	name: string;
	before: string | null;
	after: string | null;
}

function text(value: unknown): string | null {
	if (value === undefined || value === null) return null;
	return typeof value === 'string' ? value : JSON.stringify(value);
}

function fields(value: unknown): Record<string, unknown> {
	if (value === undefined || value === null) return {};
	return typeof value === 'object' && !Array.isArray(value)
		? (value as Record<string, unknown>)
		: { '': value };
}

/** What differs between before and after, field by field; what stayed as it was is left out. */
export function changes(before: unknown, after: unknown): Change[] {
	const [old, now] = [fields(before), fields(after)];
	return [...new Set([...Object.keys(old), ...Object.keys(now)])]
		.map((name) => ({ name, before: text(old[name]), after: text(now[name]) }))
		.filter((change) => change.before !== change.after);
}

/** An id as people compare them: its last part, the beginning being a time that many share. */
export function shortId(id: string): string {
	return isUuid(id) ? `…${id.slice(-8)}` : id;
}
