// What the frame does when the login session, the network or the server is gone while a page is open.
import assert from 'node:assert/strict';
import { visitor } from './identity-settings.mjs';
import { answers, refusal } from './settings-answers.mjs';
import { around, BOARDS, list } from './shell-answers.mjs';

const USER = answers()['GET /users/me'].body.user;
const EXPIRED = refusal(401, 'TOKEN_EXPIRED');
const SECOND = refusal(401, 'SECOND_FACTOR_REQUIRED', { challenge: 'qc_e2e', methods: ['totp'] });

/** Answers that need a login session, and the log-in that brings it back. */
function guarded(more = {}) {
	const door = { open: true };
	const entered = () => {
		door.open = true;
		return { body: { user: USER, expires_in: 900 } };
	};
	const behind = (answer) => () => (door.open ? answer : EXPIRED);
	const table = {
		...around(),
		'GET /sessions': behind(list(BOARDS)),
		'PATCH /users/me': behind({ body: { ...answers()['GET /users/me'].body } }),
		'POST /auth/login': entered,
		...more,
	};
	return { door, table, entered };
}

export async function shellSession({ test, browser, server, complaints }) {
	const origin = server.origin.replace('127.0.0.1', 'localhost');
	const step = (name, act, more, options = {}) =>
		test(name, async () => {
			const { door, table, entered } = guarded(more);
			const who = await visitor(browser, origin, complaints, { ...options, more: table });
			const dialog = who.dialog('Log in again');
			try {
				await act({
					...who,
					door,
					entered,
					dialog,
					asked: who.dialog,
					/** Types a name into the profile and sends it with a login session that has ended. */
					async saveTooLate() {
						await who.open('profile');
						await who.page.getByLabel('Your name').fill('Ada Byron');
						door.open = false;
						await who.page.locator('main').getByRole('button', { name: 'Save', exact: true }).first().click();
						await dialog.waitFor();
					},
					logIn: async (password = 'seven lamps over the table') => {
						await dialog.getByLabel('Password').fill(password);
						await dialog.getByRole('button', { name: 'Log in and go on' }).click();
					},
				});
			} finally {
				await who.close();
			}
		});

	await step('an ended login session is asked for over the page and loses nothing', async (who) => {
		await who.saveTooLate();
		await who.dialog.getByText('ada@example.org').waitFor();
		await who.accessible('log in again');
		// There is no way round it.
		await who.page.keyboard.press('Escape');
		await who.page.keyboard.press('Escape');
		await who.dialog.waitFor();
		await who.dialog.getByRole('button', { name: 'Log in and go on' }).click();
		await who.dialog.getByText('Enter your password.').waitFor();
		assert.equal(who.bodies('POST /auth/login').length, 0);
		who.table['POST /auth/login'] = refusal(401, 'INVALID_CREDENTIALS');
		await who.logIn();
		await who.dialog.getByRole('alert').getByText('Email or password is wrong.').waitFor();
		who.table['POST /auth/login'] = who.entered;
		await who.logIn();
		await who.dialog.waitFor({ state: 'detached' });
		assert.equal(who.bodies('POST /auth/login').at(-1).email, 'ada@example.org');
		// What was sent too late has been sent again, once, as it was typed.
		await who.page.waitForLoadState('networkidle');
		const sent = who.bodies('PATCH /users/me').map(({ name }) => name);
		assert.deepEqual([...new Set(sent)], ['Ada Byron']);
		assert.match(who.page.url(), /\/settings\/profile$/);
	});

	await step(
		'the second step is asked for in the same window',
		async (who) => {
			await who.saveTooLate();
			await who.logIn();
			await who.dialog.getByLabel('Code').fill('123456');
			await who.accessible('second step');
			await who.dialog.getByRole('button', { name: 'Log in and go on' }).click();
			await who.dialog.getByText('This code is not right').waitFor();
			who.table['POST /auth/second-factor'] = who.entered;
			await who.dialog.getByRole('button', { name: 'Log in and go on' }).click();
			await who.dialog.waitFor({ state: 'detached' });
		},
		{ 'POST /auth/login': SECOND, 'POST /auth/second-factor': refusal(401, 'INVALID_CODE') },
	);

	await step('a log-in in another tab is noticed', async (who) => {
		await who.saveTooLate();
		who.door.open = true;
		await who.page.evaluate(() => window.dispatchEvent(new Event('focus')));
		await who.dialog.waitFor({ state: 'detached' });
	});

	await step('another person begins with a page of their own', async (who) => {
		await who.saveTooLate();
		await who.page.evaluate(() => (window.old = true));
		const other = { ...USER, id: USER.id.replace(/1$/, '9'), email: 'grace@example.org' };
		who.table['POST /auth/login'] = { body: { user: other } };
		await who.logIn();
		await who.page.waitForURL('**/home');
		await who.page.waitForFunction(() => window.old === undefined);
	});

	await step('who leaves instead comes to the log-in page', async (who) => {
		await who.saveTooLate();
		await who.dialog.getByRole('button', { name: 'Leave this page' }).click();
		await who.page.waitForURL('**/login?next=%2Fsettings%2Fprofile');
	});

	await step('a part that an upgrade took away is told of', async (who) => {
		await who.page.goto(`${origin}/home`);
		await who.page.locator('main h1').waitFor();
		await who.page.waitForLoadState('networkidle');
		who.expect(/404|Failed to fetch dynamically|preload/);
		await who.page.route('**/_app/immutable/**', (route) => route.fulfill({ status: 404 }));
		await who.page.route('**/api/health', (route) => route.fulfill({ status: 200, body: '{}' }));
		await who.page.getByRole('link', { name: 'Usage', exact: true }).click();
		await who.page.getByRole('heading', { level: 1, name: 'A new version is there' }).waitFor();
		await who.accessible('new version');
		await who.page.unroute('**/_app/immutable/**');
		await who.press('Reload');
		await who.page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor();
	});

	await step('a page that is not there, and one that failed, say so inside the frame', async (who) => {
		await who.page.goto(`${origin}/settings/operators`);
		await who.page.getByRole('heading', { level: 1, name: 'Page not found' }).waitFor();
		await who.page.getByRole('complementary', { name: 'Sidebar' }).waitFor();
		await who.accessible('missing');
		await who.page.getByRole('link', { name: 'Go to the start' }).click();
		await who.page.waitForURL('**/home');
		who.table['GET /users/me'] = refusal(500, 'INTERNAL');
		await who.page.reload();
		await who.page.getByRole('heading', { level: 1, name: 'That did not work' }).waitFor();
		await who.accessible('fault');
		who.table['GET /users/me'] = answers()['GET /users/me'];
		await who.press('Try again');
		await who.page.getByText('4 boards need you today.').waitFor();
	});

	await step('a server that is silent is told of, and asked again', async (who) => {
		await who.page.goto(`${origin}/board`);
		await who.page.locator('main h1').waitFor();
		await who.page.waitForLoadState('networkidle');
		const away = (route) => route.abort('connectionrefused');
		who.expect(/ERR_CONNECTION_REFUSED/);
		await who.page.route('**/api/**', away);
		await who.page.getByRole('link', { name: 'Home', exact: true }).click();
		await who.page.getByText('The server does not answer.').waitFor();
		await who.accessible('silent server');
		await who.page.unroute('**/api/**', away);
		await who.press('Try now');
		await who.page.getByText('The server does not answer.').waitFor({ state: 'detached' });
		// What it kept from the page has come by itself.
		await who.page.getByText('4 boards need you today.').waitFor();
		await who.page.getByText('3 of 10').waitFor();
		assert.equal(await who.page.getByRole('alert').count(), 0);
	});

	await step('without a network the page says so, and what is typed stays', async (who) => {
		await who.page.goto(`${origin}/board/new`);
		const box = who.page.locator('main textarea').first();
		await box.fill('Half of a thought');
		who.expect(/ERR_INTERNET_DISCONNECTED/);
		await who.context.setOffline(true);
		await who.page.getByText('No network.').waitFor();
		await who.accessible('offline');
		assert.equal(await box.inputValue(), 'Half of a thought');
		await who.context.setOffline(false);
		await who.page.getByText('No network.').waitFor({ state: 'detached' });
	});
}
