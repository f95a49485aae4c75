import adapter from '@sveltejs/adapter-static';

/**
 * SvelteKit writes the style of its route announcer as an attribute, which would need 'unsafe-hashes' in the policy. The
 * same style stands in app.css instead.
 *
 * @type {import('svelte/compiler').PreprocessorGroup}
 */
const announcerStyle = {
	name: 'announcer-style',
	markup: ({ content, filename }) =>
		filename?.endsWith('generated/root.svelte')
			? { code: content.replace(/(<div id="svelte-announcer"[^>]*?) style="[^"]*"/, '$1') }
			: undefined,
};

/** @type {import('@sveltejs/kit').Config} */
const config = {
	preprocess: [announcerStyle],
	compilerOptions: { runes: true },
	kit: {
		adapter: adapter({
			pages: 'build',
			assets: 'build',
			// Not index.html: that is the landing page, rendered ahead.
			fallback: '200.html',
			precompress: true,
			strict: true,
		}),
		prerender: {
			// The server writes its own address here when it answers (apps/web-assets/src/origin.rs).
			origin: 'https://quorate.invalid',
			entries: ['*', '/sitemap.xml'],
			// The API answers only where a server runs.
			handleHttpError: ({ path, message }) => {
				if (!path.startsWith('/api/')) throw new Error(message);
			},
		},
		// The version is the content, so that two builds of one tree are the same bytes.
		version: { name: process.env.QUORATE_VERSION ?? 'dev', pollInterval: 0 },
		// The app registers it itself, and only where somebody is signed in: src/lib/shell/update.svelte.ts.
		serviceWorker: { register: false },
		csp: {
			mode: 'hash',
			directives: {
				'default-src': ['none'],
				// The human check is loaded only where the operator configured it; elsewhere the server's own header,
				// which must allow it as well, does not.
				'script-src': ['self', 'https://challenges.cloudflare.com'],
				'frame-src': ['https://challenges.cloudflare.com'],
				'style-src': ['self'],
				'img-src': ['self', 'data:'],
				'font-src': ['self'],
				'connect-src': ['self'],
				'manifest-src': ['self'],
				'worker-src': ['self'],
				'base-uri': ['none'],
				'form-action': ['self'],
				'object-src': ['none'],
			},
		},
	},
};

export default config;
