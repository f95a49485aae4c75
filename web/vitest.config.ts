import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// Without the plugins of SvelteKit and Paraglide: they keep watchers open and vitest would wait for them to the end of
// its patience. `npm run sync` has compiled the messages before.
export default defineConfig({
	plugins: [svelte()],
	resolve: { alias: { $lib: fileURLToPath(new URL('src/lib', import.meta.url)) } },
	test: { testTimeout: 60_000, include: ['src/**/*.test.ts', 'tests/**/*.test.ts'] },
});
