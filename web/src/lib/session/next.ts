/** Where a signed-in person belongs when nothing else was asked for. */
export const HOME = '/home';

/**
 * The place to go after logging in, from `?next=`. Only a path of this origin is taken: `//evil`, `/\evil`, schemes,
 * control characters and anything else the URL parser would resolve elsewhere lead home instead.
 */
export function safeNext(raw: string | null | undefined, origin: string): string {
	// Browsers drop tabs and newlines inside URLs, so that "/<tab>/evil" would be "//evil".
	if (!raw || !raw.startsWith('/') || /^\/[/\\]|[\\\u0000-\u001f]/.test(raw)) return HOME;
	let url: URL;
	try {
		url = new URL(raw, origin);
	} catch {
		return HOME;
	}
	if (url.origin !== origin || url.pathname.startsWith('//')) return HOME;
	return url.pathname + url.search + url.hash;
}

/** The log-in address that comes back to `path`. */
export function loginAddress(path: string): string {
	return path === HOME || path === '/' ? '/login' : `/login?next=${encodeURIComponent(path)}`;
}
