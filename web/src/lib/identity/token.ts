import { replaceState } from '$app/navigation';
import { onMount } from 'svelte';

const kept = new Map<string, string>();

/**
 * The one-time secret of a page's address. It is kept in memory under the page's path, because the address loses it
 * (`hideToken`): whoever comes back with the browser's button still finds the page working.
 */
export function tokenOf(url: URL): string {
	const token = url.searchParams.get('token');
	if (token) kept.set(url.pathname, token);
	return token ?? kept.get(url.pathname) ?? '';
}

/** The secret is used up. */
export function dropToken(path: string) {
	kept.delete(path);
}

/**
 * Takes a one-time secret out of the address bar, so that no history, screenshot or shared link carries it. Call while
 * a page is made, with the page's own bare path.
 */
export function hideToken(token: string, path: string) {
	// The router must have started first.
	onMount(() => {
		if (token) setTimeout(() => replaceState(path, {}));
	});
}
