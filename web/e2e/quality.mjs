// Every page in three languages and four widths, in English in both themes: axe, one heading, a title, nothing wider than the screen,
// a visible focus, no complaint in the console. Then pictures of the key pages, and an attack on the Markdown renderer.
import assert from 'node:assert/strict';
import { watch } from './browser.mjs';
import { MORE, PAGES, routes } from './pages.mjs';
import { sanitiser } from './sanitiser.mjs';
import { seed } from './seed.mjs';
import { startServer } from './server.mjs';
import { snapshots } from './snapshots.mjs';
import { LOCALES, walk } from './walk.mjs';

/** The offline model at full speed: the board has decided before the walk comes to it. */
const FAST = {
	QUORATE__MODELS__PROVIDERS: '[{"name":"offline","kind":"offline","offline":{"tokens_per_second":0}}]',
	QUORATE__MODELS__ROUTES: '[{"name":"default","targets":["offline/demo"]}]',
};

/** A browser of its own, that keeps its page for the whole walk. */
async function walker(browser, origin, complaints, state) {
	const context = await browser.newContext({
		viewport: { width: 1440, height: 900 },
		locale: 'en-GB',
		reducedMotion: 'reduce',
		storageState: state,
	});
	context.setDefaultTimeout(20_000);
	const page = await context.newPage();
	const watcher = watch(page, origin, complaints);
	// A visitor is nobody, and the tokens of the walk are invented: the server says so and the pages show it.
	watcher.expect(/status of 4\d\d .*\/api\/v1\/(auth|users\/me|orgs\/invitations|invitations|shared)/);
	return { page, close: () => context.close() };
}

export async function quality({ test, browser, server: page, complaints }) {
	// A pattern of addresses: for work on some pages.
	const only = process.env.QUALITY_ONLY && new RegExp(process.env.QUALITY_ONLY);
	await test('every route of the page is known to the walk', () => {
		const known = Object.keys(PAGES);
		const all = routes();
		assert.deepEqual(
			all.filter((route) => !known.includes(route)),
			[],
			'pages without a line in e2e/pages.mjs',
		);
		assert.deepEqual(
			known.filter((route) => !all.includes(route)),
			[],
			'lines in e2e/pages.mjs without a page',
		);
	});
	if (!only) await sanitiser({ test, browser });
	if (!only) await snapshots({ test, browser, server: page, complaints });

	const server = await startServer({ environment: FAST });
	const { origin } = server;
	try {
		let seeded;
		await test('the server has something to show', async () => {
			seeded = await seed(server);
		});
		if (!seeded) return;
		const who = {
			visitor: await walker(browser, origin, complaints),
			operator: await walker(browser, origin, complaints, seeded.state),
		};
		const all = [...Object.entries(PAGES).map(([route, page]) => ({ path: route, ...page })), ...MORE];
		for (const { path, as, busy } of all) {
			const address = typeof path === 'function' ? path(seeded) : path;
			if (only && !only.test(address)) continue;
			await test(`${address} for the ${as} in ${LOCALES.length} languages, 4 widths and, in English, 2 themes`, async () => {
				// As complaints: what is wrong with one page must not hide the others.
				complaints.push(...(await walk(who[as].page, origin + address, { busy })));
			});
		}
		for (const one of Object.values(who)) await one.close();
	} finally {
		await server.stop();
	}
}
