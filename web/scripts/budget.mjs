// Fails the build when the JavaScript of a first load is heavier than promised (CLI-1).
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { weigh } from './weigh.mjs';

const OUT = '.svelte-kit/output/client';
/** Those that are named by the promise, always shown; of the others only the heaviest. */
const NAMED = ['/', '/board/[id]'];
const SHOWN = 3;

const manifest = JSON.parse(readFileSync(`${OUT}/.vite/manifest.json`, 'utf8'));
const app = readFileSync('.svelte-kit/generated/client-optimized/app.js', 'utf8');
const sizes = new Map();

function sizeOf(file) {
	const known = sizes.get(file) ?? gzipSync(readFileSync(`${OUT}/${file}`), { level: 9 }).length;
	sizes.set(file, known);
	return known;
}

const weighed = weigh(manifest, app, sizeOf);
for (const name of NAMED) {
	if (!weighed.some(({ route }) => route === name)) throw new Error(`route ${name} is gone`);
}
const shown = weighed.filter(({ route, over }, index) => over || NAMED.includes(route) || index < SHOWN);
for (const { route, bytes, limit, files, over } of shown) {
	const verdict = over ? 'TOO HEAVY' : 'ok';
	console.log(
		`budget ${route}: ${(bytes / 1000).toFixed(1)} kB gzip of ${limit / 1000} kB in ${files} files: ${verdict}`,
	);
}
console.log(`budget: ${weighed.length} pages weighed`);
process.exit(weighed.some(({ over }) => over) ? 1 : 0);
