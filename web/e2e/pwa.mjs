// The installed app: manifest, icons, service worker, offline shell, update. It needs the real server's headers.
import assert from 'node:assert/strict';
import { watch } from './browser.mjs';

const PASSWORD = 'seven lamps over the table';

export async function pwa({ test, browser, server, complaints }) {
	// A worker's answers reach the page past Playwright's routes, so nothing is answered here.
	const context = await browser.newContext({
		viewport: { width: 1440, height: 900 },
		locale: 'en-GB',
		serviceWorkers: 'allow',
	});
	context.setDefaultTimeout(20_000);
	const page = await context.newPage();
	const watcher = watch(page, server.origin, complaints);
	const open = (path) => page.goto(server.origin + path, { waitUntil: 'load' });
	const cached = () =>
		page.evaluate(async () => {
			const names = await caches.keys();
			const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
			return { names, paths: keys.flat().map((request) => new URL(request.url).pathname) };
		});

	try {
		await test('the manifest and the worker come with their types and may be asked for anew', async () => {
			for (const [path, kind] of [
				['/manifest.webmanifest', /^application\/manifest\+json/],
				['/service-worker.js', /^text\/javascript/],
				['/icons/icon-512.png', /^image\/png/],
			]) {
				const answer = await context.request.get(server.origin + path);
				assert.equal(answer.status(), 200, path);
				assert.match(answer.headers()['content-type'], kind);
				assert.equal(answer.headers()['cache-control'], 'no-cache');
			}
			const worker = await context.request.get(`${server.origin}/service-worker.js`);
			assert.match(worker.headers()['content-security-policy'], /connect-src 'self'/);
			const landing = await context.request.get(server.origin, { headers: { Accept: 'text/html' } });
			assert.match(landing.headers()['content-security-policy'], /worker-src 'self'; manifest-src 'self'/);
		});

		await test('the app installs itself: worker, files, page', async () => {
			await open('/register');
			await page.getByLabel('Your name').fill('Ada Offline');
			await page.getByLabel('Email').fill(`offline-${Date.now()}@example.org`);
			await page.getByLabel('Password').fill(PASSWORD);
			await page.getByRole('button', { name: 'Create account' }).click();
			await page.waitForURL('**/home');
			await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
			await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
		});

		await test('Chromium finds nothing that keeps it from being installed', async () => {
			const devtools = await context.newCDPSession(page);
			const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
			// A window of a test is private, and there nothing can be installed.
			assert.deepEqual(
				installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'),
				[],
			);
			const { data, errors } = await devtools.send('Page.getAppManifest');
			assert.deepEqual(errors, []);
			const manifest = JSON.parse(data);
			for (const { src, sizes } of manifest.icons) {
				const size = await page.evaluate(async (address) => {
					const image = new Image();
					image.src = address;
					await image.decode();
					return `${image.naturalWidth}x${image.naturalHeight}`;
				}, src);
				assert.equal(size, sizes, src);
			}
		});

		await test('no answer of the server and nothing of a person is kept', async () => {
			for (const path of ['/board', '/usage', '/settings/profile', '/home']) {
				await open(path);
				await page.locator('main h1').waitFor();
				await page.waitForLoadState('networkidle');
			}
			const { names, paths } = await cached();
			assert.equal(names.length, 1);
			assert.ok(paths.length > 20);
			assert.deepEqual(
				paths.filter((path) => !/^\/(_app\/|icons\/|home$|[\w.-]+\.(js|svg|css|webmanifest)$)/.test(path)),
				[],
			);
		});

		await test('without a network the app opens and says what works', async () => {
			watcher.expect(/ERR_INTERNET_DISCONNECTED/);
			await context.setOffline(true);
			await open('/board/new');
			await page.getByRole('heading', { level: 1, name: 'No connection' }).waitFor();
			await page.getByText('Boards that are at work go on at the server.').waitFor();
			await context.setOffline(false);
			await page.getByLabel('The decision').waitFor();
		});

		await test('a new version is offered, and taken when the person says so', async () => {
			// As after an upgrade: there is another worker than the one at work. It comes under another address, because
			// Playwright's routes see no worker's own script; what follows is what follows a changed script.
			const renamed = () => {
				const register = ServiceWorkerContainer.prototype.register;
				ServiceWorkerContainer.prototype.register = function (script, ...options) {
					return register.call(this, `${script}?another-build`, ...options);
				};
			};
			await page.addInitScript(renamed);
			await page.evaluate(renamed);
			const text = 'Typed before the upgrade, and kept.';
			await page.getByLabel('The decision').fill(text);
			await page.evaluate(() => navigator.serviceWorker.register('/service-worker.js').then(() => true));
			await page.getByText('A new version of Quorate is ready.').waitFor({ timeout: 60_000 });
			await page.evaluate(() => (window.old = true));
			await page.getByRole('button', { name: 'Reload now' }).click();
			await page.waitForFunction(() => window.old === undefined);
			await page.waitForFunction((wanted) => document.querySelector('main textarea')?.value === wanted, text);
			assert.equal(await page.getByText('A new version of Quorate is ready.').count(), 0);
			assert.equal((await cached()).names.length, 1);
		});
	} finally {
		await context.close();
	}
}
