import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

const PROBLEM =
	'Should we move our 12-person company from Berlin to Lisbon within a year? Budget 200k euros, a lease until March.';
const PASSWORD = 'seven lamps over the table';
/** A whole deliberation on a busy machine; the demo model streams at reading speed. */
const LONG = { timeout: 240_000 };

/** What the server says through the page's own cookies. */
const get = (page, path) =>
	page.evaluate(async (address) => {
		const answer = await fetch(address);
		return { status: answer.status, body: await answer.json() };
	}, path);

/** The contributions on screen, over all sub-problems, in a stable order. */
async function speechesOnScreen(page) {
	const ids = [];
	for (const tab of await page.getByRole('tab').all()) {
		if ((await tab.getAttribute('data-tab')) === 'report') continue;
		await tab.click();
		ids.push(
			...(await page
				.locator('article[id^="speech-"]')
				.evaluateAll((all) => all.map((one) => one.id.slice(7)))),
		);
	}
	return ids.sort();
}

async function create(page, body) {
	return page.evaluate(async (request) => {
		const answer = await fetch('/api/v1/sessions', {
			method: 'POST',
			headers: { 'Content-Type': 'application/json', 'X-Quorate-Client': 'web' },
			body: JSON.stringify(request),
		});
		return (await answer.json()).session.id;
	}, body);
}

export async function journey({ test, page, context, browser, server, watcher, accessible }) {
	const email = `reader-${Date.now()}@example.org`;
	const open = (path) => page.goto(server.origin + path, { waitUntil: 'load' });
	const heading = (name) => page.getByRole('heading', { level: 1, name });
	let session = '';

	await test('the landing page says what Quorate is', async () => {
		const answer = await open('/');
		await heading('Put it to the board').waitFor();
		const policy = answer.headers()['content-security-policy'];
		assert.ok(policy, 'the server sends the policy as a header');
		assert.match(policy, /script-src 'self'/);
		assert.doesNotMatch(policy, /unsafe-(inline|eval)/);
		assert.match(policy, /frame-ancestors 'none'/);
	});
	await test('the landing page is accessible', () => accessible('landing'));

	await test('the language switches without a reload and is remembered', async () => {
		await page.getByLabel('Language', { exact: true }).selectOption('zh');
		await heading('交给董事会定夺').waitFor();
		assert.equal(await page.locator('html').getAttribute('lang'), 'zh-Hans');
		await page.reload();
		await heading('交给董事会定夺').waitFor();
		await page.getByLabel('语言', { exact: true }).selectOption('es');
		await heading('Llévelo a la junta').waitFor();
		await page.getByLabel('Idioma', { exact: true }).selectOption('en');
		await heading('Put it to the board').waitFor();
	});

	await test('the theme can be chosen and is remembered', async () => {
		await page.getByLabel('Colours').selectOption('dark');
		await page.reload();
		await heading('Put it to the board').waitFor();
		assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
		await page.getByLabel('Colours').selectOption('system');
	});

	await test('an unknown address says so', async () => {
		await open('/no/such/page');
		await heading('Page not found').waitFor();
	});

	await test('a guarded page leads to the log-in', async () => {
		watcher.expect(/401 .*\/api\/v1\/(users\/me|auth\/refresh)/);
		await open('/board/new');
		await page.waitForURL('**/login?next=%2Fboard%2Fnew');
		await heading('Log in').waitFor();
	});
	await test('the log-in page is accessible', () => accessible('login'));

	await test('a wrong password is explained', async () => {
		watcher.expect(/401 .*\/api\/v1\/auth\/login/);
		await page.getByLabel('Email').fill('nobody@example.org');
		await page.getByLabel('Password').fill(PASSWORD);
		await page.getByRole('button', { name: 'Log in' }).click();
		await page.getByRole('alert').getByText('Email or password is wrong.').waitFor();
	});

	await test('the sign-up form names what is missing', async () => {
		await open('/register');
		await page.getByRole('button', { name: 'Create account' }).click();
		await page.getByText('Use at least 8 characters.').waitFor();
		assert.equal(await page.getByLabel('Email').getAttribute('aria-invalid'), 'true');
		assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('type')), 'email');
	});
	await test('the sign-up page is accessible', () => accessible('register'));

	await test('a person signs up and finds an empty table', async () => {
		await page.getByLabel('Your name').fill('Ada Reader');
		await page.getByLabel('Email').fill(email);
		await page.getByLabel('Password').fill(PASSWORD);
		await page.getByRole('button', { name: 'Create account' }).click();
		await page.waitForURL('**/home');
		await heading(/^Good .*, Ada Reader$/).waitFor();
		await page.getByRole('heading', { name: 'Convene your first board' }).waitFor();
		const cookies = await context.cookies();
		for (const name of ['quorate_access', 'quorate_refresh']) {
			const cookie = cookies.find((known) => known.name === name);
			assert.ok(cookie?.httpOnly, `${name} is HttpOnly`);
			assert.equal(cookie.sameSite, 'Lax');
		}
		const stored = await page.evaluate(() => Object.keys(localStorage).sort());
		assert.deepEqual(
			stored.filter((key) => !/^quorate\.(theme|locale|seen\.[\w-]+)$/.test(key)),
			[],
		);
	});
	await test('the first home page is accessible', () => accessible('first home'));

	await test('a draft survives a reload', async () => {
		await page.getByRole('link', { name: 'New session' }).click();
		await heading('What must be decided?').waitFor();
		await page.getByLabel('The decision').fill('Short');
		await page.getByRole('button', { name: /^Continue/ }).click();
		await page.getByText('Write at least 10 characters.').waitFor();
		await page.getByLabel('The decision').fill(PROBLEM);
		await page.reload();
		assert.equal(await page.getByLabel('The decision').inputValue(), PROBLEM);
		await page.getByRole('link', { name: 'Depth and seats' }).click();
		const search = page.getByRole('searchbox');
		await search.fill('zzzz');
		await page.getByText('Nobody fits that search.').waitFor();
		await search.fill('');
	});
	await test('the new-session page is accessible', () => accessible('new session'));

	await test('a session begins and asks first', async () => {
		await page.getByRole('link', { name: 'What the board should know' }).click();
		await page.getByLabel('Let the board ask me first').check();
		await page.getByRole('link', { name: 'Skip to the review' }).click();
		await page.getByRole('button', { name: 'Convene the board' }).click();
		await page.waitForURL(/\/board\/[0-9a-f-]{36}$/);
		session = page.url().split('/').pop();
		await page.getByRole('heading', { name: 'The board has questions for you' }).waitFor(LONG);
		await page.locator('[data-offline-label]').first().waitFor();
	});
	await test('the questions are accessible', () => accessible('questions'));

	await test('answers let the board go on, across a reload', async () => {
		await page.reload();
		const form = page.locator('[data-clarify]');
		await form.waitFor();
		await form.getByRole('textbox').first().fill('Eight of twelve would come; four have children in school.');
		const skips = form.getByRole('checkbox');
		for (let index = 1; index < (await skips.count()); index++) await skips.nth(index).check();
		await form.getByRole('button', { name: 'Send answers' }).click();
		await page.locator('article[id^="speech-"]').first().waitFor(LONG);
		assert.equal(await form.count(), 0);
	});

	await test('contributions stream under the label of the demo model', async () => {
		const speech = page.locator('article[id^="speech-"]').first();
		await speech.locator('[data-offline-label]').waitFor();
		assert.match((await speech.locator('[data-offline-label]').textContent()) ?? '', /offline demo model/);
	});

	await test('a reload in the middle of the stream loses nothing', async () => {
		await page.reload();
		await page.locator('article[id^="speech-"]').first().waitFor(LONG);
	});

	await test('the report comes', async () => {
		await page.locator('[data-report]').waitFor(LONG);
		for (const name of ['Recommendation', 'The vote', 'Summary', 'Dissent', 'Next steps', 'Method']) {
			await page.getByRole('heading', { level: 3, name, exact: true }).waitFor();
		}
		const { body } = await get(page, `/api/v1/sessions/${session}/report`);
		await page.getByRole('heading', { level: 2, name: body.report.heading }).waitFor();
		await page.locator('[data-report] [data-offline-label]').first().waitFor();
	});
	await test('the report is accessible', () => accessible('report'));

	await test('the page shows each contribution and each ballot exactly once', async () => {
		const recorded = [];
		for (let cursor = ''; ;) {
			const { body } = await get(page, `/api/v1/sessions/${session}/contributions?limit=50${cursor}`);
			recorded.push(...body.data.map((one) => one.id));
			if (!body.pagination.has_more) break;
			cursor = `&cursor=${encodeURIComponent(body.pagination.next_cursor)}`;
		}
		assert.ok(recorded.length > 0);
		assert.deepEqual(await speechesOnScreen(page), recorded.sort());
		await page.reload();
		await page.locator('[data-report]').waitFor();
		assert.deepEqual(await speechesOnScreen(page), recorded.sort());
	});

	await test('the tabs follow the keyboard', async () => {
		const tabs = page.getByRole('tab');
		await tabs.first().click();
		await page.keyboard.press('End');
		assert.equal(await tabs.last().getAttribute('aria-selected'), 'true');
		await page.keyboard.press('ArrowRight');
		assert.equal(await tabs.first().getAttribute('aria-selected'), 'true');
		await page.getByRole('heading', { name: 'Where each seat stands' }).locator('visible=true').waitFor();
		await page.getByRole('heading', { name: 'The blind vote' }).waitFor();
	});
	await test('the table and the minutes are accessible', () => accessible('topic'));

	await test('the report can be taken away', async () => {
		await page.getByRole('tab', { name: 'Report' }).click();
		for (const [name, sign] of [
			[/^Markdown/, /^#/m],
			[/^Word document/, /^PK/],
			[/^JSON/, /^\{/],
		]) {
			await page.getByRole('button', { name: 'Export' }).click();
			const [download] = await Promise.all([
				page.waitForEvent('download'),
				page.getByRole('dialog', { name: 'Export' }).getByRole('button', { name }).click(),
			]);
			assert.match(await readFile(await download.path(), 'utf8'), sign);
		}
	});

	await test('a lost network shows and heals', async () => {
		const second = await create(page, { problem_statement: PROBLEM, mode: 'deep' });
		await open(`/board/${second}`);
		await page.getByRole('button', { name: 'Start the session' }).waitFor();
		watcher.expect(/ERR_INTERNET_DISCONNECTED/);
		await context.setOffline(true);
		await page.getByText('You are offline.').waitFor();
		await context.setOffline(false);
		await page.getByText('You are offline.').waitFor({ state: 'detached' });
	});

	await test('stopping asks first and keeps what there is', async () => {
		await page.getByRole('button', { name: 'Start the session' }).click();
		await page.getByRole('button', { name: 'Stop' }).click();
		const dialog = page.getByRole('dialog', { name: 'Stop this session?' });
		await dialog.waitFor();
		await dialog.getByRole('button', { name: 'Stop' }).click();
		await page.getByText('Stopped', { exact: true }).waitFor(LONG);
	});

	await test('the list shows both sessions with the label', async () => {
		await page.getByRole('link', { name: 'All sessions' }).click();
		await heading('Your sessions').waitFor();
		await page.waitForFunction(() => document.querySelectorAll('main li h2').length === 2);
		await page.locator('main [data-offline-label]').first().waitFor();
	});
	await test('the list is accessible', () => accessible('list'));

	await test('somebody else’s session does not exist', async () => {
		watcher.expect(/404 .*\/api\/v1\/sessions\//);
		await open('/board/00000000-0000-7000-8000-000000000000');
		await page.getByRole('alert').getByText('There is no such thing here').waitFor();
	});

	await test('an expired access cookie is renewed without a word', async () => {
		await context.clearCookies({ name: 'quorate_access' });
		await open('/board');
		await page.waitForFunction(() => document.querySelectorAll('main li h2').length === 2);
		assert.ok((await context.cookies()).some((cookie) => cookie.name === 'quorate_access'));
	});

	await test('an ended log-in is asked for over the page, and what was sent goes on', async () => {
		const text = 'A text that took me half an hour to write.';
		await open('/board/new');
		await page.getByLabel('The decision').fill(text);
		await page.getByRole('link', { name: 'Skip to the review' }).click();
		await context.clearCookies({ name: /^quorate_(access|refresh)$/ });
		watcher.expect(/401 .*\/api\/v1\/sessions/);
		await page.getByRole('button', { name: 'Convene the board' }).click();
		const dialog = page.getByRole('dialog', { name: 'Log in again' });
		await dialog.getByText(email).waitFor();
		await page.getByText(text).waitFor();
		await dialog.getByLabel('Password').fill(PASSWORD);
		await dialog.getByRole('button', { name: 'Log in and go on' }).click();
		await page.waitForURL(/\/board\/[0-9a-f-]{36}$/);
		await dialog.waitFor({ state: 'detached' });
		await page.getByText(text).first().waitFor();
	});

	await test('logging out ends it, and ?next= never leads away', async () => {
		const logOut = async () => {
			// What the page still asks for would be refused after the log-out.
			await page.waitForFunction(() => !document.querySelector('main .animate-pulse[role=status]'));
			await page.getByRole('button', { name: /^Account of/ }).click();
			await page.getByRole('button', { name: 'Log out' }).click();
		};
		await logOut();
		await heading('Put it to the board').waitFor();
		for (const next of ['//evil.example/x', '/\\evil.example', 'https://evil.example']) {
			await open(`/login?next=${encodeURIComponent(next)}`);
			await page.getByLabel('Email').fill(email);
			await page.getByLabel('Password').fill(PASSWORD);
			await page.getByRole('button', { name: 'Log in' }).click();
			await page.waitForURL(`${server.origin}/home`);
			await logOut();
			await heading('Put it to the board').waitFor();
		}
	});

	await test('the one-time link makes the first operator, once', async () => {
		const token = server.operatorToken();
		assert.ok(token, 'the server printed its one-time link');
		watcher.expect(/410 .*\/api\/v1\/auth\/first-operator/);
		const fill = async () => {
			await page.getByLabel('Email').fill(`operator-${Date.now()}@example.org`);
			await page.getByLabel('Password').fill(PASSWORD);
			await page.getByRole('button', { name: 'Create the operator account' }).click();
		};
		await open('/welcome?token=wrong');
		await fill();
		await page.getByRole('alert').getByText('This link is wrong').waitFor();
		await open(`/welcome?token=${token}`);
		await heading('Welcome to Quorate').waitFor();
		await page.waitForURL(`${server.origin}/welcome`);
		await fill();
		await page.waitForURL('**/home');
		const { body } = await get(page, '/api/v1/users/me');
		if (!process.env.QUORATE_URL) assert.equal(body.user.operator, true);
	});

	await test('a phone in Spanish and with little motion reads the same session', async () => {
		const phone = await browser.newContext({
			viewport: { width: 390, height: 844 },
			locale: 'es-ES',
			reducedMotion: 'reduce',
			storageState: await context.storageState(),
		});
		const small = await phone.newPage();
		await small.evaluate(() => localStorage.clear()).catch(() => {});
		await phone.clearCookies();
		await small.goto(`${server.origin}/login`);
		// The profile is English; what is chosen on a device counts more there.
		await small.evaluate(() => localStorage.clear());
		await small.reload();
		await small.getByLabel('Idioma', { exact: true }).selectOption('es');
		await small.getByLabel('Correo electrónico').fill(email);
		await small.getByLabel('Contraseña').fill(PASSWORD);
		await small.getByRole('button', { name: 'Iniciar sesión' }).click();
		await small.waitForURL('**/home');
		await small.goto(`${server.origin}/board/${session}`);
		await small.locator('[data-report]').waitFor();
		await small.getByText('modelo de demostración sin conexión').first().waitFor();
		await phone.close();
	});
}
