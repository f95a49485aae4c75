// What a page weighs at its first load, from what Vite and SvelteKit wrote. Pure: budget.mjs reads the files.

/** What CLI-1 promises, in bytes of compressed JavaScript. */
const LANDING = 150_000;
const BOARD = 250_000;
/**
 * What a page fetches by itself at once, though it is imported lazily: it counts as well.
 * @type {Record<string, string[]>}
 */
const LAZY = { '/board/[id]': ['src/lib/ui/markdown.ts'] };

/**
 * A file that Vite wrote, as its manifest tells it.
 * @typedef {{ file: string, isEntry?: boolean, imports?: string[] }} Chunk
 */

/**
 * An address without the groups of SvelteKit: `/(app)/board` is `/board`.
 * @param {string} route
 */
export function plain(route) {
	return route.replaceAll(/\/\([^)]*\)/g, '') || '/';
}

/**
 * The limit of a route: pages for everybody are light, the rest may weigh what the board may.
 * @param {string} route
 */
export function limitOf(route) {
	return route.startsWith('/(public)') ? LANDING : BOARD;
}

/**
 * The routes of SvelteKit's dictionary with the numbers of their nodes: the root layout, the layouts, the page.
 * @param {string} app
 */
export function routesOf(app) {
	const dictionary = app.match(/export const dictionary = \{([\s\S]*?)\n\s*\};/)?.[1];
	if (!dictionary) throw new Error('there is no dictionary of routes');
	return [...dictionary.matchAll(/"([^"]+)": \[~?(\d+)(?:,\[([\d,]*)\])?/g)].map(
		([, route = '', page = '', layouts = '']) => ({
			route,
			nodes: ['0', ...layouts.split(',').filter((number) => number), page],
		}),
	);
}

/**
 * The files that the browser fetches before the page stands: the entry and the nodes with their static imports.
 * @param {Record<string, Chunk>} manifest
 * @param {string[]} nodes
 * @param {string[]} lazy
 */
export function filesOf(manifest, nodes, lazy = []) {
	/** @type {Map<string, Chunk>} */
	const seen = new Map();
	/** @param {string} key */
	const collect = (key) => {
		const chunk = manifest[key];
		if (!chunk) throw new Error(`no chunk for ${key}`);
		if (seen.has(key)) return;
		seen.set(key, chunk);
		for (const next of chunk.imports ?? []) collect(next);
	};
	for (const [key, chunk] of Object.entries(manifest)) {
		if (chunk.isEntry && /runtime\/client\/entry|client-optimized\/app/.test(key)) collect(key);
	}
	for (const node of nodes) collect(`.svelte-kit/generated/client-optimized/nodes/${node}.js`);
	for (const key of lazy) collect(key);
	return [...new Set([...seen.values()].map(({ file }) => file))].filter((file) => file.endsWith('.js'));
}

/**
 * Weighs every route; the heaviest for its limit come first. `sizeOf` answers the compressed bytes of a file.
 * @param {Record<string, Chunk>} manifest
 * @param {string} app
 * @param {(file: string) => number} sizeOf
 */
export function weigh(manifest, app, sizeOf) {
	return routesOf(app)
		.map(({ route, nodes }) => {
			const files = filesOf(manifest, nodes, LAZY[plain(route)]);
			const bytes = files.reduce((sum, file) => sum + sizeOf(file), 0);
			const limit = limitOf(route);
			return { route: plain(route), bytes, limit, files: files.length, over: bytes > limit };
		})
		.sort((a, b) => b.bytes / b.limit - a.bytes / a.limit);
}
