/** What the browsers say when a part of the app cannot be loaded: Chromium, Firefox, Safari, and Vite for styles. */
const SAID =
	/dynamically imported module|error loading dynamically|Importing a module script failed|Unable to preload CSS/i;

/** Whether a part of the app could not be loaded. */
export function lostPart(error: unknown): boolean {
	return error instanceof Error && SAID.test(error.message);
}

/**
 * Why a part could not be loaded: a server that answers but no longer has it was upgraded under the open page; else there
 * is no way to the server.
 */
export async function whyLost(ask: typeof fetch = fetch): Promise<'UPDATED' | 'OFFLINE'> {
	try {
		return (await ask('/api/health', { cache: 'no-store' })).ok ? 'UPDATED' : 'OFFLINE';
	} catch {
		return 'OFFLINE';
	}
}
