/**
 * What the service worker does with a request: an asset comes from what is kept, since its name changes with its content;
 * a file and a page come from the network as long as there is one; with the rest it has nothing to do.
 */
export type Way = 'asset' | 'file' | 'page' | 'network';

/** Addresses of the server itself: their answers belong to a person and are never touched. */
const SERVERS = ['/api/', '/v1/', '/.well-known/'];
/** Files that no page of the app shows. */
const APART = /^\/(mail-preview\.css|robots\.txt|sitemap\.xml)$|^\/(og|docs|openapi)\//;
/** Letters of languages that the app does not speak are fetched when somebody needs them. */
const FOREIGN = /(cyrillic|greek|vietnamese)/;

/** The files that are kept, out of all that were built. */
export function kept(build: readonly string[], files: readonly string[]): string[] {
	return [
		...build.filter((path) => !FOREIGN.test(path)),
		...files.filter((path) => !APART.test(path) && !/\.(br|gz)$/.test(path)),
	];
}

/** A name for the files of one build: the names of built files change with what is in them. */
export function cacheName(paths: readonly string[]): string {
	let hash = 0x811c9dc5;
	for (const letter of [...paths].sort().join('\n')) {
		hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
	}
	return `quorate-${hash.toString(16).padStart(8, '0')}`;
}

/** Which way a request goes. */
export function route(
	request: Pick<Request, 'method' | 'url' | 'mode'>,
	origin: string,
	assets: readonly string[],
): Way {
	const url = new URL(request.url);
	if (request.method !== 'GET' || url.origin !== origin) return 'network';
	if (SERVERS.some((part) => url.pathname.startsWith(part))) return 'network';
	if (url.search === '' && assets.includes(url.pathname))
		return url.pathname.startsWith('/_app/immutable/') ? 'asset' : 'file';
	return request.mode === 'navigate' ? 'page' : 'network';
}
