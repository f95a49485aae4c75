// The settings, in states that no server shows on demand: its answers are given here.
import assert from 'node:assert/strict';
import { axe, watch } from './browser.mjs';
import { answers, id, refusal } from './settings-answers.mjs';

const PAGES = [
	'profile',
	'security',
	'devices',
	'team',
	'billing',
	'operators',
	'operators?view=anomalies',
	'operators?view=mails',
	'operators?view=audit',
];

/** A browser of its own whose API answers as `table` says; `bodies` lists what a call was sent. */
export async function visitor(
	browser,
	origin,
	complaints,
	{ locale = 'en-GB', width = 1440, timezoneId, ...person } = {},
) {
	const context = await browser.newContext({ viewport: { width, height: 900 }, locale, timezoneId });
	context.setDefaultTimeout(15_000);
	const page = await context.newPage();
	const watcher = watch(page, origin, complaints);
	watcher.expect(/status of [45]\d\d .*\/api\/v1\//);
	const table = { ...answers(person), ...person.more };
	const asked = [];
	await page.route('**/api/v1/**', async (route) => {
		const request = route.request();
		const { pathname, search } = new URL(request.url());
		const call = `${request.method()} ${pathname.replace('/api/v1', '')}`;
		const raw = !(request.headers()['content-type'] ?? '').includes('json');
		asked.push({ call, search, body: raw ? request.postDataBuffer() : request.postDataJSON() });
		const given = table[call] ?? refusal(404, 'NOT_FOUND');
		const { status = 200, body } = typeof given === 'function' ? given(search) : given;
		await route.fulfill({
			status,
			headers: { 'Content-Type': 'application/json' },
			body: status === 204 ? '' : JSON.stringify(body),
		});
	});
	const of = (call) => asked.filter((one) => one.call === call);
	return {
		context,
		page,
		table,
		expect: watcher.expect,
		bodies: (call) => of(call).map((one) => one.body),
		searches: (call) => of(call).map((one) => one.search),
		async open(room) {
			await page.goto(`${origin}/settings/${room}`, { waitUntil: 'load' });
			await page.locator('main h1').waitFor();
			await page.waitForLoadState('networkidle');
		},
		press: (name, scope = page) => scope.getByRole('button', { name, exact: true }).click(),
		dialog: (name) => page.getByRole('dialog', { name }),
		focused: () => page.evaluate(() => document.activeElement?.textContent?.trim()),
		async accessible(name) {
			assert.deepEqual(await axe(page, name), []);
		},
		close: () => context.close(),
	};
}

export async function identitySettings({ test, browser, server, complaints }) {
	// Passkeys belong to a name; an address of digits has none.
	const origin = server.origin.replace('127.0.0.1', 'localhost');
	const step = (name, act, options) =>
		test(name, async () => {
			const who = await visitor(browser, origin, complaints, options);
			try {
				await act(who);
			} finally {
				await who.close();
			}
		});

	await step(
		'every room of the settings is accessible',
		async (who) => {
			for (const room of PAGES) {
				await who.open(room);
				await who.accessible(room);
			}
		},
		{ operator: true, totp: true },
	);

	for (const locale of ['es-ES', 'zh-CN']) {
		await step(
			`every room fits a phone in ${locale}`,
			async (who) => {
				for (const room of PAGES) {
					await who.open(room);
					const wide = await who.page.evaluate(
						() => document.documentElement.scrollWidth - document.documentElement.clientWidth,
					);
					assert.ok(wide <= 1, `${room} is ${wide} px too wide`);
				}
			},
			{ operator: true, totp: true, locale, width: 390 },
		);
	}

	await step('the account menu follows the keyboard and leads into the settings', async (who) => {
		await who.page.goto(`${origin}/board`);
		const button = who.page.getByRole('button', { name: 'Account of Ada Lovelace' });
		await button.focus();
		await who.page.keyboard.press('Enter');
		await who.page.getByRole('button', { name: 'Log out' }).waitFor();
		await who.accessible('account menu');
		await who.page.keyboard.press('End');
		assert.equal(await who.focused(), 'Log out');
		await who.page.keyboard.press('ArrowUp');
		assert.equal(await who.focused(), 'Settings');
		await who.page.keyboard.press('Escape');
		assert.equal(await button.getAttribute('aria-expanded'), 'false');
		assert.ok(await button.evaluate((one) => one === document.activeElement));
		await button.click();
		await who.page.locator('[data-panel]').getByRole('link', { name: 'Settings' }).click();
		await who.page.getByRole('heading', { level: 1, name: 'Profile' }).waitFor();
	});

	await step('the profile is saved, and the app speaks the chosen language', async (who) => {
		await who.open('profile');
		await who.page.getByLabel('Your name').fill('Ada Byron');
		await who.page.getByLabel('App and mail language').selectOption('es');
		await who.page.getByLabel('Time zone').selectOption('Asia/Tokyo');
		await who.page.getByRole('button', { name: 'Save' }).first().click();
		await who.page.getByRole('heading', { level: 1, name: 'Perfil' }).waitFor();
		assert.deepEqual(who.bodies('PATCH /users/me'), [
			{ name: 'Ada Byron', locale: 'es', time_zone: 'Asia/Tokyo' },
		]);
	});

	await step('a switch that the server refuses goes back and says why', async (who) => {
		who.table['PATCH /users/me'] = refusal(503, 'UNAVAILABLE');
		await who.open('profile');
		const news = who.page.getByRole('switch', { name: 'What is new' });
		await news.click();
		await who.page.getByText('The server cannot do this just now').waitFor();
		assert.equal(await news.isChecked(), false);
		assert.deepEqual(who.bodies('PATCH /users/me'), [{ settings: { notify_product: true } }]);
	});

	await step('keeping data for a shorter time asks first', async (who) => {
		await who.open('profile');
		const field = who.page.getByLabel('Days to keep');
		await field.fill('many');
		await who.page.getByRole('button', { name: 'Save' }).last().click();
		await who.page.getByText('Enter a number of days').waitFor();
		await field.fill('30');
		await who.page.getByRole('button', { name: 'Save' }).last().click();
		const dialog = who.dialog('Keep your data for a shorter time?');
		await dialog.getByText('older than 30 days').waitFor();
		assert.equal(who.bodies('PATCH /users/me').length, 0);
		await who.press('Shorten and delete', dialog);
		await dialog.waitFor({ state: 'detached' });
		assert.deepEqual(who.bodies('PATCH /users/me'), [{ settings: { data_retention_days: 30 } }]);
	});

	await step('a picture is cut square in the page before it is sent', async (who) => {
		await who.open('profile');
		const file = { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') };
		await who.page.setInputFiles('input[type=file]', file);
		await who.page.getByRole('alert').getByText('could not be read as a picture').waitFor();
		const picture = await who.page.evaluate(() => {
			const canvas = Object.assign(document.createElement('canvas'), { width: 900, height: 300 });
			const pen = canvas.getContext('2d');
			for (const [at, color] of ['#f00', '#0f0', '#00f'].entries()) {
				pen.fillStyle = color;
				pen.fillRect(at * 300, 0, 300, 300);
			}
			return canvas.toDataURL('image/png').split(',')[1];
		});
		const buffer = Buffer.from(picture, 'base64');
		await who.page.setInputFiles('input[type=file]', { name: 'a.png', mimeType: 'image/png', buffer });
		const dialog = who.dialog('Choose the part to show');
		await dialog.getByLabel('Left to right').fill('1');
		assert.ok(await dialog.getByLabel('Top to bottom').isDisabled());
		await who.accessible('crop');
		await who.press('Use this part', dialog);
		await dialog.waitFor({ state: 'detached' });
		const [sent] = who.bodies('PUT /users/me/avatar');
		const looked = await who.page.evaluate(async (base64) => {
			const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
			const bitmap = await createImageBitmap(new Blob([bytes]));
			const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
			canvas.getContext('2d').drawImage(bitmap, 128, 128, 1, 1, 0, 0, 1, 1);
			return [bitmap.width, bitmap.height, ...canvas.getContext('2d').getImageData(0, 0, 1, 1).data];
		}, sent.toString('base64'));
		assert.deepEqual(looked.slice(0, 2), [256, 256]);
		assert.ok(looked[4] > 230 && looked[2] < 25, `the blue third was chosen, got ${looked}`);
		await who.press('Remove');
		await who.press('Remove', who.dialog('Remove your picture?'));
		await who.page.getByRole('button', { name: 'Choose a picture' }).last().waitFor();
		assert.equal(who.bodies('DELETE /users/me/avatar').length, 1);
	});

	await step('a wrong password stands at its field', async (who) => {
		who.table['POST /users/me/password'] = refusal(401, 'INVALID_CREDENTIALS');
		await who.open('security');
		await who.press('Change password');
		const dialog = who.dialog('Change password');
		await who.press('Change password', dialog);
		await dialog.getByText('Use at least 8 characters.').waitFor();
		assert.equal(who.bodies('POST /users/me/password').length, 0);
		await dialog.getByLabel('Current password').fill('wrong');
		await dialog.getByLabel('New password').fill('nine herons under the bridge');
		await who.press('Change password', dialog);
		await dialog.getByText('This is not your password.').waitFor();
		assert.equal(await dialog.getByLabel('Current password').getAttribute('aria-invalid'), 'true');
		await who.page.keyboard.press('Escape');
		await dialog.waitFor({ state: 'detached' });
		assert.equal(await who.focused(), 'Change password');
	});

	await step('the second step shows its codes once, and nobody leaves without them', async (who) => {
		await who.open('security');
		await who.press('Set up the app');
		const dialog = who.dialog('Set up the app');
		await dialog.getByLabel('Current password').fill('seven lamps over the table');
		await who.press('Continue', dialog);
		const picture = dialog.getByRole('img', { name: /^QR code/ });
		assert.match((await picture.getAttribute('src')) ?? '', /^data:image\/svg\+xml/);
		assert.ok(await picture.evaluate((one) => one.complete && one.naturalWidth > 0));
		assert.equal(await who.page.locator('script, svg script').filter({ hasText: 'stolen' }).count(), 0);
		await dialog.getByText('JBSW Y3DP EHPK 3PXP').waitFor();
		await who.accessible('authenticator');
		who.table['POST /users/me/second-factor/totp/confirm'] = refusal(401, 'INVALID_CODE');
		await dialog.getByLabel('Code from the app').fill('000000');
		await who.press('Confirm', dialog);
		await dialog.getByText('This code is not right.').waitFor();
		who.table['POST /users/me/second-factor/totp/confirm'] = {
			body: { recovery_codes: Array.from({ length: 10 }, (_, at) => `aaaa-bbbb-cc0${at}`) },
		};
		await dialog.getByLabel('Code from the app').fill('123456');
		await who.press('Confirm', dialog);
		await who.page.getByRole('heading', { name: 'Your recovery codes' }).waitFor();
		await who.accessible('recovery codes');
		const [download] = await Promise.all([who.page.waitForEvent('download'), who.press('Download')]);
		assert.equal(download.suggestedFilename(), 'quorate-recovery-codes.txt');
		await who.page.getByRole('link', { name: 'Devices' }).click();
		await who.page.getByText('Keep your recovery codes first').waitFor();
		assert.match(who.page.url(), /security$/);
		assert.ok(await who.page.getByRole('button', { name: 'Done' }).isDisabled());
		await who.page.getByLabel('I have kept them').check();
		await who.press('Done');
		await who.page.getByText('10 unused.').waitFor();
		assert.equal(await who.page.getByText('aaaa-bbbb-cc00').count(), 0);
	});

	await step('a passkey is made, and its name goes along', async (who) => {
		const cdp = await who.context.newCDPSession(who.page);
		await cdp.send('WebAuthn.enable');
		await cdp.send('WebAuthn.addVirtualAuthenticator', {
			options: {
				protocol: 'ctap2',
				transport: 'internal',
				hasResidentKey: true,
				hasUserVerification: true,
				isUserVerified: true,
			},
		});
		await who.open('security');
		await who.press('Add a passkey');
		const dialog = who.dialog('Add a passkey');
		assert.match(await dialog.getByLabel('Name').inputValue(), /^Chrome on /);
		await dialog.getByLabel('Name').fill('Desk');
		await dialog.getByLabel('Current password').fill('seven lamps over the table');
		await who.press('Create the passkey', dialog);
		await dialog.waitFor({ state: 'detached' });
		assert.deepEqual(who.bodies('POST /users/me/passkeys/options'), [
			{ password: 'seven lamps over the table' },
		]);
		const [sent] = who.bodies('POST /users/me/passkeys');
		assert.deepEqual([sent.name, sent.challenge, sent.credential.type], ['Desk', 'qc_e2e', 'public-key']);
	});

	await step('the last passkey goes only with the password', async (who) => {
		who.table[`DELETE /users/me/passkeys/${id(20)}`] = refusal(401, 'INVALID_CREDENTIALS');
		await who.open('security');
		await who.page.getByRole('button', { name: /^Remove ?MacBook$/ }).click();
		const dialog = who.dialog('Remove the passkey MacBook?');
		await who.press('Remove', dialog);
		await dialog.getByText('Enter your password.').waitFor();
		await dialog.getByLabel('Current password').fill('wrong');
		await who.press('Remove', dialog);
		await dialog.getByText('This is not your password.').waitFor();
		who.table[`DELETE /users/me/passkeys/${id(20)}`] = { status: 204 };
		await dialog.getByLabel('Current password').fill('seven lamps over the table');
		await who.press('Remove', dialog);
		await dialog.waitFor({ state: 'detached' });
		assert.deepEqual(who.bodies(`DELETE /users/me/passkeys/${id(20)}`), [
			{ password: 'wrong' },
			{ password: 'seven lamps over the table' },
		]);
	});

	await step(
		'a passkey beside an app goes without the password',
		async (who) => {
			who.table[`DELETE /users/me/passkeys/${id(20)}`] = { status: 204 };
			await who.open('security');
			await who.page.getByRole('button', { name: /^Remove ?MacBook$/ }).click();
			const dialog = who.dialog('Remove the passkey MacBook?');
			assert.equal(await dialog.getByLabel('Current password').count(), 0);
			await who.press('Remove', dialog);
			await dialog.waitFor({ state: 'detached' });
			assert.deepEqual(who.bodies(`DELETE /users/me/passkeys/${id(20)}`), [null]);
		},
		{ totp: true },
	);

	await step(
		'a connection that failed says why, and an invented reason says nothing of its own',
		async (who) => {
			for (const [code, said] of [
				['SOCIAL_DENIED', 'You did not give the other service your consent.'],
				['ACCOUNT_SUSPENDED', 'This account is suspended.'],
				['%3Cimg%20src=x%3E', 'Connecting the other service did not work.'],
			]) {
				await who.open(`security?error=${code}`);
				const section = who.page.getByRole('region', { name: 'Connected sign-ins' });
				await section.getByRole('alert').getByText(said).waitFor();
			}
			await who.accessible('a failed connection');
		},
	);

	await step('the plan says what it holds and that nothing can be bought', async (who) => {
		await who.open('billing');
		await who.page.getByText('Nothing can be bought here.').waitFor();
		await who.page.getByText('12 of 50 a month').waitFor();
		await who.page.getByText('$49.50 a month for each seat').waitFor();
		const plans = who.page.getByRole('table', { name: 'Plans' });
		await plans.getByRole('columnheader', { name: 'Team' }).waitFor();
		const devices = plans.getByRole('row').filter({ hasText: 'Bound devices' });
		assert.equal(await devices.getByText('By contract').count(), 4);
		await who.accessible('billing');
	});

	await step('log-ins elsewhere end together, this one stays', async (who) => {
		await who.open('security');
		const section = who.page.getByRole('region', { name: 'Where you are logged in' });
		assert.deepEqual(await section.locator('li p:first-child').allInnerTexts(), [
			'Chrome on Linux\nThis one',
			'Ada’s phone',
			'quorate-cli',
		]);
		await who.press('Log out all others');
		const dialog = who.dialog('Log out everywhere else?');
		await who.press('Log out all others', dialog);
		await dialog.waitFor({ state: 'detached' });
		for (const [session, times] of [
			[id(10), 0],
			[id(11), 1],
			[id(12), 1],
		]) {
			assert.equal(who.bodies(`DELETE /users/me/login-sessions/${session}`).length, times);
		}
	});

	await step(
		'a second device of the day cannot be removed, and the page says why',
		async (who) => {
			await who.open('devices');
			const remove = who.page.getByRole('button', { name: 'Remove Work laptop' });
			assert.ok(await remove.isDisabled());
			const described = await remove.getAttribute('aria-describedby');
			assert.match(await who.page.locator(`[id="${described}"]`).innerText(), /can be removed from/);
			await who.page.getByText('2 of 3').waitFor();
		},
		{ waiting: true },
	);

	await step(
		'an admin neither touches owners nor makes one',
		async (who) => {
			await who.open('team');
			await who.page.getByText('Only owners can change owners.').first().waitFor();
			const list = who.page.getByLabel('Role of Max');
			assert.deepEqual(await list.locator('option').allInnerTexts(), ['Member', 'Admin']);
			assert.equal(await who.page.getByRole('button', { name: 'Remove Ola' }).count(), 0);
			assert.equal(await who.page.getByText('Delete the organization').count(), 0);
		},
		{ role: 'admin' },
	);

	await step(
		'a member sees the team and no levers',
		async (who) => {
			await who.open('team');
			await who.page.getByText('max@example.org', { exact: true }).waitFor();
			assert.equal(await who.page.locator('main select').count(), 0);
			assert.equal(await who.page.getByRole('heading', { name: 'Invitations' }).count(), 0);
			assert.equal(who.bodies(`GET /orgs/${id(100)}/invitations`).length, 0);
		},
		{ role: 'member' },
	);

	await step('making an owner asks, and calling it off changes nothing', async (who) => {
		await who.open('team');
		const list = who.page.getByLabel('Role of Max');
		await list.selectOption('owner');
		await who.dialog('Make Max Owner?').waitFor();
		await who.page.keyboard.press('Escape');
		await who.page.waitForFunction((one) => one.value === 'member', await list.elementHandle());
		assert.equal(who.bodies(`PATCH /orgs/${id(100)}/members/${id(3)}`).length, 0);
		who.table[`PATCH /orgs/${id(100)}/members/${id(3)}`] = refusal(403, 'FORBIDDEN');
		await list.selectOption('admin');
		await who.page.getByRole('alert').getByText('You are not allowed').waitFor();
		assert.equal(await list.inputValue(), 'member');
	});

	await step('an organization is deleted only by its name', async (who) => {
		who.table[`DELETE /orgs/${id(100)}`] = refusal(409, 'CONFLICT');
		await who.open('team');
		await who.press('Delete');
		const dialog = who.dialog('Delete Northwind?');
		await dialog.getByLabel('Type Northwind to confirm').fill('northwind');
		await who.press('Delete for good', dialog);
		await dialog.getByText('This is not its name.').waitFor();
		await dialog.getByLabel('Type Northwind to confirm').fill('Northwind');
		await who.press('Delete for good', dialog);
		await dialog.getByText('For at least one member this is the only organization.').waitFor();
		assert.deepEqual(who.bodies(`DELETE /orgs/${id(100)}`), [{ confirm: 'Northwind' }]);
	});

	await step('an invitation goes out, and who is in already is named at the field', async (who) => {
		await who.open('team');
		await who.page.getByLabel('Email').fill('max@example.org');
		await who.page.getByLabel('Role', { exact: true }).selectOption('admin');
		await who.press('Send the invitation');
		await who.page.getByText('This person is already a member.').waitFor();
		who.table[`POST /orgs/${id(100)}/invitations`] = { status: 201, body: {} };
		await who.page.getByLabel('Email').fill('new@example.org');
		await who.press('Send the invitation');
		await who.page.getByText('An invitation is on its way to new@example.org.').waitFor();
		assert.deepEqual(who.bodies(`POST /orgs/${id(100)}/invitations`).at(-1), {
			email: 'new@example.org',
			role: 'admin',
		});
	});

	await step('whoever does not run the server finds no such page', async (who) => {
		await who.page.goto(`${origin}/settings/operators`);
		await who.page.getByRole('heading', { level: 1, name: 'Page not found' }).waitFor();
		await who.open('profile');
		assert.equal(await who.page.getByRole('link', { name: 'Operators' }).count(), 0);
	});

	await step(
		'a mail of the outbox shows in a frame without rights, and breaks no policy',
		async (who) => {
			await who.open('operators?view=mails');
			await who.page.getByRole('button', { name: /^Join us/ }).click();
			const frame = who.page.locator('iframe');
			assert.equal(await frame.getAttribute('sandbox'), '');
			await who.page.frameLocator('iframe').getByRole('heading', { name: 'You are invited' }).waitFor();
			const paper = await who.page
				.frameLocator('iframe')
				.locator('body')
				.evaluate((body) => getComputedStyle(body).backgroundColor);
			assert.equal(paper, 'rgb(255, 255, 255)');
			await who.press('Plain text');
			await who.page.getByText('Hello Grace').waitFor();
		},
		{ operator: true },
	);

	await step(
		'the audit log is narrowed by its own entries and goes on where it ended',
		async (who) => {
			await who.open('operators?view=audit');
			await who.press('login.failed');
			await who.page.waitForURL('**/operators?view=audit&action=login.failed');
			await who.press('Show more');
			await who.page.getByText('#40').waitFor();
			assert.deepEqual(who.searches('GET /operators/audit'), [
				'',
				'?action=login.failed',
				'?action=login.failed&cursor=next',
			]);
			await who.page.getByLabel('Person (id)').fill('ada');
			await who.press('Filter');
			await who.page.getByText('Enter the whole id').waitFor();
		},
		{ operator: true },
	);

	await step(
		'a reviewed anomaly leaves the list',
		async (who) => {
			await who.open('operators?view=anomalies');
			await who.page.getByRole('button', { name: /^Mark as reviewed Too far apart/ }).click();
			await who.page.getByText('Nothing waits for a look.').waitFor();
			assert.equal(who.bodies(`POST /operators/anomalies/${id(50)}/review`).length, 1);
		},
		{ operator: true },
	);
}
