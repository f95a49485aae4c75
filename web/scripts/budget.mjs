// Fails the build when the JavaScript of a first load is heavier than promised (CLI-1). What counts is what the
// browser fetches before the page stands: the entry, the layouts and the page with their static imports.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const OUT = '.svelte-kit/output/client';
const BUDGETS = [
	{ name: 'landing', route: '/(public)/(site)', limit: 150_000 },
	{ name: 'board', route: '/(app)/board/[id]', limit: 250_000, lazy: ['src/lib/ui/markdown.ts'] },
];

const manifest = JSON.parse(readFileSync(`${OUT}/.vite/manifest.json`, 'utf8'));
const nodes = readFileSync('.svelte-kit/generated/client-optimized/app.js', 'utf8');

/** The page and layout components of a route, by the numbers of SvelteKit's dictionary. */
function nodesOf(route) {
	const line = nodes.match(new RegExp(`"${route.replace(/[()[\]\\]/g, '\\$&')}": \\[([^\\n]*)\\]`));
	if (!line) throw new Error(`route ${route} is not in the dictionary`);
	const [, page, layouts] = line[1].match(/^~?(\d+)(?:,\[([\d,]*)\])?/) ?? [];
	return ['0', page, ...(layouts ?? '').split(',')].filter((number) => number);
}

function collect(key, seen) {
	const chunk = manifest[key];
	if (!chunk) throw new Error(`no chunk for ${key}`);
	if (seen.has(key)) return;
	seen.add(key);
	for (const next of chunk.imports ?? []) collect(next, seen);
}

let failed = 0;
for (const { name, route, limit, lazy = [] } of BUDGETS) {
	const seen = new Set();
	for (const entry of Object.keys(manifest).filter(
		(key) => manifest[key].isEntry && /runtime\/client\/entry|client-optimized\/app/.test(key),
	)) {
		collect(entry, seen);
	}
	for (const node of nodesOf(route)) collect(`.svelte-kit/generated/client-optimized/nodes/${node}.js`, seen);
	for (const key of lazy) collect(key, seen);
	const files = new Set([...seen].map((key) => manifest[key].file).filter((file) => file.endsWith('.js')));
	let bytes = 0;
	for (const file of files) bytes += gzipSync(readFileSync(`${OUT}/${file}`), { level: 9 }).length;
	const verdict = bytes <= limit ? 'ok' : 'TOO HEAVY';
	if (bytes > limit) failed += 1;
	console.log(
		`budget ${name}: ${(bytes / 1000).toFixed(1)} kB gzip of ${limit / 1000} kB in ${files.size} files: ${verdict}`,
	);
}
process.exit(failed > 0 ? 1 : 0);
