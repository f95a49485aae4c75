import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';
import { documents } from './scripts/documents.ts';

export default defineConfig({
	plugins: [
		documents(),
		tailwindcss(),
		paraglideVitePlugin({
			project: './project.inlang',
			outdir: './src/lib/paraglide',
			strategy: ['baseLocale'],
			emitTsDeclarations: true,
		}),
		sveltekit(),
	],
	build: { assetsInlineLimit: 0 },
	// The documentation stands beside this folder.
	server: { fs: { allow: ['..'] }, proxy: { '/api': process.env.QUORATE_API ?? 'http://127.0.0.1:8080' } },
});
