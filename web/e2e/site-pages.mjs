// The public site: every page as a visitor, a search engine and a keyboard find it, and the replay on the landing page.
import assert from 'node:assert/strict';
import { axe, watch } from './browser.mjs';

const PAGES = [
	...['/', '/features', '/pricing', '/docs', '/blog', '/about', '/contact', '/status'],
	...[
		'/terms',
		'/privacy',
		'/cookies',
		'/gdpr',
		'/docs/quickstart',
		'/docs/configuration',
		'/blog/blind-votes',
	],
];
const REPLAY = '[data-replay]';

export async function sitePages({ test, browser, server, complaints, watcher }) {
	const { origin } = server;

	/** Does something in a context of its own, whose console errors count too. */
	async function visitor(options, act) {
		const context = await browser.newContext({
			viewport: { width: 1440, height: 900 },
			locale: 'en-GB',
			...options,
		});
		context.setDefaultTimeout(30_000);
		const page = await context.newPage();
		const own = watch(page, origin, complaints);
		try {
			await act(page, own);
		} finally {
			await context.close();
		}
	}
	const html = async (path) => {
		const answer = await fetch(origin + path, { headers: { accept: 'text/html' } });
		return { status: answer.status, text: await answer.text(), headers: answer.headers };
	};

	await test('each public page is there before any script runs, and says what it is', async () => {
		const titles = new Set();
		for (const path of PAGES) {
			const { status, text } = await html(path);
			assert.equal(status, 200, path);
			assert.match(text, /<html lang="en"/, path);
			assert.equal(text.match(/<h1\b/g)?.length, 1, `${path} has one h1`);
			const title = /<title>([^<]+)<\/title>/.exec(text)?.[1];
			assert.ok(title?.includes('Quorate') && !titles.has(title), `${path}: title ${title}`);
			titles.add(title);
			const meta = (name) =>
				new RegExp(`<meta (?:name|property)="${name}" content="([^"]+)"`).exec(text)?.[1];
			assert.ok((meta('description') ?? '').length > 30, `${path} has a description`);
			const canonical = /<link rel="canonical" href="([^"]+)"/.exec(text)?.[1];
			assert.equal(canonical, origin + path, `${path} names its own address`);
			assert.equal(meta('og:url'), canonical);
			assert.equal(meta('twitter:card'), 'summary_large_image');
			const picture = await fetch(meta('og:image') ?? '');
			assert.equal(picture.headers.get('content-type'), 'image/png', `${path} has a picture`);
			assert.ok(!text.includes('quorate.invalid'), `${path} names no address that is none`);
			for (const [, json] of text.matchAll(/<script type="application\/ld\+json">(.*?)<\/script>/gs))
				JSON.parse(json);
			assert.doesNotMatch(
				text.replaceAll(/<script\b.*?<\/script>/gs, ''),
				/\sstyle="/,
				`${path} has no inline style`,
			);
		}
	});

	await test('robots and the site map name the pages of this server', async () => {
		const robots = await (await fetch(`${origin}/robots.txt`)).text();
		assert.match(robots, new RegExp(`^Sitemap: ${origin}/sitemap.xml$`, 'm'));
		const map = await (await fetch(`${origin}/sitemap.xml`)).text();
		const listed = [...map.matchAll(/<loc>([^<]+)<\/loc>/g)].map((match) => match[1]);
		for (const path of PAGES) assert.ok(listed.includes(origin + path), `${path} is on the map`);
		for (const url of listed)
			assert.equal((await fetch(url, { headers: { accept: 'text/html' } })).status, 200, url);
	});

	await test('every link of every page leads somewhere', async () => {
		const [seen, queue, ids] = [new Set(), ['/'], new Map()];
		const anchors = [];
		while (queue.length > 0) {
			const path = queue.shift();
			if (seen.has(path)) continue;
			seen.add(path);
			const { status, text } = await html(path);
			assert.equal(status, 200, path);
			ids.set(path, new Set([...text.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1])));
			for (const [, href] of text.matchAll(/<a\b[^>]*?\shref="([^"]+)"/g)) {
				const url = new URL(href.replaceAll('&amp;', '&'), origin + path);
				if (url.origin !== origin) continue;
				if (url.hash) anchors.push({ on: path, to: url.pathname, id: decodeURIComponent(url.hash.slice(1)) });
				queue.push(url.pathname);
			}
		}
		assert.ok(seen.size >= PAGES.length);
		const lost = anchors.filter(({ to, id }) => id !== 'content' && !ids.get(to)?.has(id));
		assert.deepEqual(lost, []);
	});

	await test('a document that is not there is not found', async () => {
		const { status } = await html('/docs/none');
		assert.equal(status, 404);
		watcher.expect(/404 .*\/docs\/none/);
		await visitor({}, async (page, own) => {
			own.expect(/404 .*\/docs\/none/);
			await page.goto(`${origin}/docs/none`);
			await page.getByRole('heading', { level: 1, name: 'Page not found' }).waitFor();
		});
		const slash = await fetch(`${origin}/docs/quickstart/`, { redirect: 'manual' });
		assert.equal(slash.headers.get('location'), '/docs/quickstart');
	});

	for (const path of PAGES.slice(0, 8)) {
		await test(`the page ${path} comes to life without a complaint and is accessible`, () =>
			visitor({}, async (page) => {
				await page.goto(origin + path, { waitUntil: 'networkidle' });
				assert.equal(await page.locator('h1').count(), 1);
				const found = await axe(page, path);
				assert.deepEqual(found, []);
			}));
	}

	await test('the menu of a phone works by keyboard', () =>
		visitor({ viewport: { width: 390, height: 844 } }, async (page) => {
			await page.goto(origin, { waitUntil: 'networkidle' });
			const button = page.getByRole('button', { name: 'Menu' });
			const menu = page.getByRole('navigation', { name: 'Menu' });
			await button.focus();
			await page.keyboard.press('Enter');
			await menu.waitFor();
			await page.keyboard.press('Escape');
			await menu.waitFor({ state: 'hidden' });
			assert.ok(await button.evaluate((element) => element === document.activeElement));
			await page.keyboard.press('Enter');
			await page.keyboard.press('Tab');
			await page.keyboard.press('Enter');
			await page.waitForURL('**/features');
			await menu.waitFor({ state: 'hidden' });
			const heading = page.getByRole('heading', { level: 1, name: 'What it does today' });
			assert.ok(await heading.evaluate((element) => element === document.activeElement));
		}));

	await test('the replay plays, pauses and jumps', () =>
		visitor({}, async (page) => {
			await page.goto(origin);
			const toggle = page.locator('[data-replay-toggle]');
			await page.getByRole('button', { name: 'Pause' }).waitFor();
			await page.locator(`${REPLAY} article`).first().waitFor();
			assert.ok((await page.locator('[data-offline-label]').count()) > 0);
			await toggle.press('Enter');
			await page.getByRole('button', { name: 'Play' }).waitFor();
			const before = await page.locator(REPLAY).innerText();
			await page.waitForTimeout(1500);
			assert.equal(await page.locator(REPLAY).innerText(), before, 'nothing moves while it is paused');
			await page.getByRole('button', { name: 'Report', exact: true }).click();
			await page.getByRole('heading', { name: 'The report is being written' }).waitFor();
			await page.getByRole('button', { name: 'Vote', exact: true }).click();
			await toggle.press('Enter');
			await page.locator(`${REPLAY} h4`, { hasText: 'The blind vote' }).waitFor();
			await page.locator(`${REPLAY} li article h5`).first().waitFor();
		}));

	await test('nothing moves where little motion is wanted, and nothing is out of place for it', () =>
		visitor({ reducedMotion: 'reduce' }, async (page) => {
			await page.addInitScript(() => {
				window.shifted = 0;
				new PerformanceObserver((list) => {
					for (const entry of list.getEntries()) window.shifted += entry.value;
				}).observe({ type: 'layout-shift', buffered: true });
			});
			await page.goto(origin, { waitUntil: 'networkidle' });
			await page.getByRole('button', { name: 'Play' }).waitFor();
			const before = await page.locator(REPLAY).innerText();
			await page.waitForTimeout(2000);
			assert.equal(await page.locator(REPLAY).innerText(), before);
			assert.ok((await page.evaluate(() => window.shifted)) < 0.1, 'the layout stands still');
		}));

	await test('the site speaks the language of the browser', () =>
		visitor({ locale: 'es-ES' }, async (page) => {
			await page.goto(`${origin}/privacy`, { waitUntil: 'networkidle' });
			await page.getByRole('heading', { level: 1, name: 'Privacidad' }).waitFor();
			await page.getByRole('heading', { level: 2, name: 'Qué se guarda' }).waitFor();
			assert.equal(await page.locator('html').getAttribute('lang'), 'es');
		}));
}
