// The signed-out pages in states that no server shows on demand: its answers are given here.
import assert from 'node:assert/strict';
import { watch } from './browser.mjs';

const USER = {
	id: '0198a000-0000-7000-8000-000000000001',
	email: 'ada@example.org',
	name: 'Ada',
	locale: 'en',
	operator: false,
	email_verified: false,
	created_at: '2026-01-01T00:00:00Z',
};
const ENTERED = { status: 200, body: { user: USER, expires_in: 900, subscription: {} } };
const METHODS = {
	password: true,
	registration: 'open',
	passkeys: true,
	turnstile_site_key: null,
	providers: [
		{ name: 'google', kind: 'google', label: 'Google' },
		{ name: 'acme', kind: 'oidc', label: 'Acme' },
	],
};
const INVITATION = {
	organization: { name: 'Northwind' },
	role: 'admin',
	email: 'grace@example.org',
	inviter_name: 'Grace Hopper',
	expires_at: '2030-01-01T00:00:00Z',
};
const refusal = (status, code, params = {}, headers = {}) => ({
	status,
	headers,
	body: { error: { code, message: code, details: [], params } },
});
const SECOND = refusal(401, 'SECOND_FACTOR_REQUIRED', {
	challenge: 'qc_e2e',
	methods: ['totp', 'recovery_code'],
	expires_in: 300,
});

/** A browser of its own whose API answers as `table` says; `asked` lists the calls with their bodies. */
async function visitor({ browser, origin, complaints, accessible }, { signedIn = false } = {}) {
	const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
	context.setDefaultTimeout(15_000);
	if (signedIn) await context.addCookies([{ name: 'quorate_signed_in', value: '1', url: origin }]);
	const page = await context.newPage();
	const watcher = watch(page, origin, complaints);
	watcher.expect(/status of 4\d\d .*\/api\/v1\//);
	const table = {
		'GET /auth/methods': { status: 200, body: METHODS },
		'POST /auth/refresh': refusal(401, 'UNAUTHENTICATED'),
		'POST /auth/logout': { status: 204 },
		'POST /auth/passkeys/options': refusal(503, 'UNAVAILABLE'),
		'GET /users/me': signedIn ? { status: 200, body: { user: USER } } : refusal(401, 'UNAUTHENTICATED'),
		'GET /sessions': { status: 200, body: { data: [], pagination: { next_cursor: null, has_more: false } } },
	};
	watcher.expect(/503 .*passkeys\/options/);
	const asked = [];
	await page.route('**/api/v1/**', async (route) => {
		const request = route.request();
		const call = `${request.method()} ${new URL(request.url()).pathname.replace('/api/v1', '')}`;
		asked.push({ call, body: request.postDataJSON?.() ?? null });
		const { status, headers = {}, body } = table[call] ?? refusal(404, 'NOT_FOUND');
		await route.fulfill({
			status,
			headers: { 'Content-Type': 'application/json', ...headers },
			body: status === 204 ? '' : JSON.stringify(body),
		});
	});
	return {
		page,
		table,
		bodies: (call) => asked.filter((one) => one.call === call).map((one) => one.body),
		open: (path) => page.goto(origin + path, { waitUntil: 'load' }),
		heading: (name) => page.getByRole('heading', { level: 1, name }).waitFor(),
		alert: (text) => page.getByRole('alert').getByText(text).waitFor(),
		async logIn() {
			await page.getByLabel('Email').fill('ada@example.org');
			await page.getByLabel('Password').fill('seven lamps over the table');
			await page.getByRole('button', { name: 'Log in' }).click();
		},
		accessible: (name) => accessible(name, page),
		close: () => context.close(),
	};
}

/** Puts a virtual security key with Ada's passkey into the browser; it answers every question at once. */
async function virtualKey(page) {
	const session = await page.context().newCDPSession(page);
	await session.send('WebAuthn.enable');
	const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
		options: {
			protocol: 'ctap2',
			transport: 'internal',
			hasResidentKey: true,
			hasUserVerification: true,
			isUserVerified: true,
			automaticPresenceSimulation: true,
		},
	});
	const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
	const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', pair.privateKey)).toString('base64');
	await session.send('WebAuthn.addCredential', {
		authenticatorId,
		credential: {
			credentialId: Buffer.from('passkey-one').toString('base64'),
			isResidentCredential: true,
			rpId: 'localhost',
			privateKey: key,
			userHandle: Buffer.from('ada').toString('base64'),
			signCount: 1,
		},
	});
}

const PASSKEY_OPTIONS = {
	status: 200,
	body: {
		challenge: 'qc_pass',
		options: { publicKey: { challenge: 'AQIDBAUGBwg', rpId: 'localhost', userVerification: 'required' } },
	},
};

export async function identityPages({ test, browser, server, accessible, complaints }) {
	// Passkeys belong to a name; an address of digits has none.
	const origin = server.origin.replace('127.0.0.1', 'localhost');
	const visit = (options) => visitor({ browser, origin, complaints, accessible }, options);
	const step = (name, act, options) =>
		test(name, async () => {
			const who = await visit(options);
			try {
				await act(who);
			} finally {
				await who.close();
			}
		});

	await step('the log-in offers what the server offers, and moves nothing while it loads', async (who) => {
		await who.page.addInitScript(() => {
			window.shifted = 0;
			new PerformanceObserver((list) => {
				for (const entry of list.getEntries()) window.shifted += entry.value;
			}).observe({ type: 'layout-shift', buffered: true });
		});
		await who.open('/login?next=%2Fboard%2Fnew');
		await who.heading('Log in');
		const google = who.page.getByRole('link', { name: 'Continue with Google' });
		assert.equal(await google.getAttribute('href'), '/api/v1/auth/social/google/start?next=%2Fboard%2Fnew');
		await who.page.getByRole('button', { name: 'Use a passkey' }).waitFor();
		assert.equal(await who.page.getByLabel('Email').getAttribute('autocomplete'), 'username webauthn');
		await who.page.waitForLoadState('networkidle');
		const shifted = await who.page.evaluate(() => window.shifted);
		assert.ok(shifted < 0.02, `the page moved by ${shifted}`);
		await who.accessible('log-in with everything');
	});

	await step('a password can be looked at, and hides again when it is sent', async (who) => {
		who.table['POST /auth/login'] = refusal(401, 'INVALID_CREDENTIALS');
		await who.open('/login');
		const field = who.page.getByLabel('Password');
		await who.page.getByRole('button', { name: 'Show password' }).click();
		assert.equal(await field.getAttribute('type'), 'text');
		await who.logIn();
		await who.alert('Email or password is wrong.');
		assert.equal(await field.getAttribute('type'), 'password');
	});

	await step('a refusal of another service is a sentence, and nobody writes their own', async (who) => {
		await who.open('/login?error=SOCIAL_DENIED');
		await who.alert('The other service was not allowed');
		await who.accessible('log-in with an error');
		await who.open(`/login?error=${encodeURIComponent('Call +1 900 555 now')}`);
		await who.alert('The log-in through the other service did not work');
		assert.equal(await who.page.getByText('900 555').count(), 0);
		for (const [code, said] of [
			['ACCOUNT_SUSPENDED', 'This account is suspended.'],
			['REGISTRATION_CLOSED', 'New accounts are by invitation only on this server.'],
		]) {
			await who.open(`/login?error=${code}`);
			await who.alert(said);
		}
	});

	await step('too many tries count down, and nothing is sent before', async (who) => {
		who.table['POST /auth/login'] = refusal(429, 'RATE_LIMITED', {}, { 'Retry-After': '3' });
		await who.open('/login');
		await who.logIn();
		await who.alert('Too many requests');
		await who.page
			.getByRole('timer')
			.getByText(/0:0[123]/)
			.waitFor();
		who.table['POST /auth/login'] = ENTERED;
		await who.page.getByRole('button', { name: 'Log in' }).click({ force: true });
		assert.equal(who.bodies('POST /auth/login').length, 1);
		await who.page.getByRole('status').getByText('You can try again now.').waitFor({ state: 'attached' });
		await who.page.getByRole('button', { name: 'Log in' }).click();
		await who.page.waitForURL(`${origin}/home`);
	});

	for (const [code, sentence] of [
		['ACCOUNT_SUSPENDED', 'This account is suspended.'],
		['DEVICE_LIMIT_REACHED', 'All the devices your plan allows are in use.'],
		['DEVICE_BOUND_TO_OTHER_ACCOUNT', 'This device belongs to another account.'],
	]) {
		await step(`${code} is a sentence`, async (who) => {
			who.table['POST /auth/login'] = refusal(403, code);
			await who.open('/login');
			await who.logIn();
			await who.alert(sentence);
		});
	}

	await step('the second step takes a pasted code, once, and leaves no trace', async (who) => {
		who.table['POST /auth/login'] = SECOND;
		who.table['POST /auth/second-factor'] = refusal(401, 'INVALID_CODE');
		await who.open('/login?next=%2Fboard%2Fnew');
		await who.logIn();
		await who.page.waitForURL('**/login/second-factor?next=%2Fboard%2Fnew');
		await who.accessible('second step');
		const code = who.page.getByLabel('Six-digit code');
		assert.equal(await code.getAttribute('autocomplete'), 'one-time-code');
		assert.equal(await code.evaluate((input) => input === document.activeElement), true);
		await code.fill('12345');
		await who.page.getByRole('button', { name: 'Confirm' }).click();
		await who.page.getByText('The code has six digits.').waitFor();
		assert.equal(who.bodies('POST /auth/second-factor').length, 0);
		await code.fill('000000');
		await who.page.getByText('This code is not right.').waitFor();
		assert.equal(await code.inputValue(), '');
		assert.equal(await code.evaluate((input) => input === document.activeElement), true);
		const kept = await who.page.evaluate(() =>
			JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, location.href]),
		);
		assert.ok(!kept.includes('qc_e2e'), 'the challenge lives in memory only');
		who.table['POST /auth/second-factor'] = ENTERED;
		await code.fill(' 123 456');
		await who.page.waitForURL(`${origin}/board/new`);
		assert.deepEqual(who.bodies('POST /auth/second-factor'), [
			{ challenge: 'qc_e2e', code: '000000' },
			{ challenge: 'qc_e2e', code: '123456' },
		]);
	});

	await step(
		'a second step from another service leaves the address bar, and ends when it is dead',
		async (who) => {
			who.table['POST /auth/second-factor'] = refusal(410, 'INVALID_LINK');
			await who.open('/login/second-factor#challenge=qc_e2e&methods=totp,recovery_code&next=//evil.example');
			await who.heading('One more step');
			await who.page.waitForURL(`${origin}/login/second-factor`);
			await who.page.getByRole('button', { name: 'Use a recovery code' }).click();
			await who.page.getByLabel('Recovery code').fill(' ABCD–efgh-2345 ');
			await who.page.getByRole('button', { name: 'Confirm' }).click();
			await who.heading('This log-in is over');
			assert.equal(
				await who.page.evaluate(() => document.activeElement?.textContent?.trim()),
				'This log-in is over',
			);
			assert.deepEqual(who.bodies('POST /auth/second-factor'), [
				{ challenge: 'qc_e2e', code: 'abcd-efgh-2345' },
			]);
			assert.equal(await who.page.getByRole('link', { name: 'Log in again' }).getAttribute('href'), '/login');
		},
	);

	await step('a passkey logs in by the button', async (who) => {
		await virtualKey(who.page);
		// The list at the address field would be answered by the virtual key at once.
		await who.page.addInitScript(() => {
			PublicKeyCredential.isConditionalMediationAvailable = async () => false;
		});
		await who.open('/login');
		who.table['POST /auth/passkeys/options'] = PASSKEY_OPTIONS;
		who.table['POST /auth/passkeys/login'] = refusal(401, 'INVALID_CREDENTIALS');
		await who.page.getByRole('button', { name: 'Use a passkey' }).click();
		await who.alert('This passkey belongs to no account here.');
		who.table['POST /auth/passkeys/login'] = ENTERED;
		await who.page.getByRole('button', { name: 'Use a passkey' }).click();
		await who.page.waitForURL(`${origin}/home`);
		const [{ challenge, credential }] = who.bodies('POST /auth/passkeys/login');
		assert.equal(challenge, 'qc_pass');
		assert.equal(Buffer.from(credential.rawId, 'base64url').toString(), 'passkey-one');
		const client = JSON.parse(Buffer.from(credential.response.clientDataJSON, 'base64url').toString());
		assert.deepEqual([client.type, client.challenge, client.origin], ['webauthn.get', 'AQIDBAUGBwg', origin]);
		assert.ok(credential.response.signature && credential.response.authenticatorData);
		assert.equal(Buffer.from(credential.response.userHandle, 'base64url').toString(), 'ada');
	});

	await step('a passkey logs in from the list at the address field', async (who) => {
		await virtualKey(who.page);
		who.table['POST /auth/passkeys/options'] = PASSKEY_OPTIONS;
		who.table['POST /auth/passkeys/login'] = ENTERED;
		await who.open('/login?next=%2Fboard%2Fnew');
		// The virtual key may answer before the field is touched, and then the field is gone.
		await who.page
			.getByLabel('Email')
			.click({ timeout: 3000 })
			.catch(() => {});
		await who.page.waitForURL(`${origin}/board/new`);
		assert.equal(who.bodies('POST /auth/passkeys/login')[0].challenge, 'qc_pass');
	});

	await step('signing up says how strong a password is, and what is taken', async (who) => {
		who.table['POST /auth/register'] = refusal(409, 'EMAIL_TAKEN');
		await who.open('/register');
		await who.page.getByLabel('Email').fill('ada@example.org');
		await who.page.getByLabel('Password').fill('password1');
		await who.page.getByText('Strength: too easy to guess').waitFor({ state: 'attached' });
		await who.page.getByLabel('Password').fill('seven lamps over the table');
		await who.page.getByText('Strength: strong').waitFor({ state: 'attached' });
		await who.accessible('sign-up with a password');
		await who.page.getByRole('button', { name: 'Create account' }).click();
		await who.page.getByText('There is already an account with this email.').waitFor();
		const field = who.page.getByLabel('Email');
		assert.equal(await field.getAttribute('aria-invalid'), 'true');
		assert.equal(await field.evaluate((input) => input === document.activeElement), true);
		await who.page.locator('main').getByRole('link', { name: 'Log in' }).click();
		await who.heading('Log in');
		assert.equal(await who.page.getByLabel('Email').inputValue(), 'ada@example.org');
	});

	await step('a discreet server answers a sign-up with a mail', async (who) => {
		who.table['POST /auth/register'] = { status: 202, body: { status: 'check_mail' } };
		await who.open('/register');
		await who.page.getByLabel('Email').fill('ada@example.org');
		await who.page.getByLabel('Password').fill('seven lamps over the table');
		await who.page.getByRole('button', { name: 'Create account' }).click();
		await who.heading('Look in your inbox');
		assert.equal(
			await who.page.evaluate(() => document.activeElement?.textContent?.trim()),
			'Look in your inbox',
		);
		await who.accessible('look in your inbox');
		await who.page.getByRole('button', { name: 'Use another address' }).click();
		assert.equal(await who.page.getByLabel('Email').inputValue(), 'ada@example.org');
	});

	await step('a server of invited people offers no sign-up to others', async (who) => {
		who.table['GET /auth/methods'] = { status: 200, body: { ...METHODS, registration: 'invited' } };
		await who.open('/login');
		await who.heading('Log in');
		assert.equal(await who.page.getByRole('main').getByRole('link', { name: 'Sign up' }).count(), 0);
		await who.open('/register');
		await who.heading('By invitation only');
	});

	await step('a closed server says so, and opens to an invitation', async (who) => {
		who.table['GET /auth/methods'] = { status: 200, body: { ...METHODS, registration: 'closed' } };
		who.table['POST /auth/invitations/look'] = { status: 200, body: INVITATION };
		who.table['POST /auth/register'] = ENTERED;
		await who.open('/register');
		await who.heading('By invitation only');
		await who.open('/invitation?token=tok-1');
		await who.heading('You are invited');
		await who.page.waitForURL(`${origin}/invitation`);
		await who.accessible('invitation');
		await who.page.getByRole('link', { name: 'Create an account and join' }).click();
		await who.heading('Create your account');
		await who.page.getByText('Grace Hopper invites you to').waitFor();
		const email = who.page.getByLabel('Email');
		assert.equal(await email.inputValue(), 'grace@example.org');
		assert.equal(await email.getAttribute('readonly'), '');
		await who.accessible('sign-up with an invitation');
		await who.page.goBack();
		await who.heading('You are invited');
		await who.page.goForward();
		await who.heading('Create your account');
		await who.page.getByLabel('Password').fill('seven lamps over the table');
		await who.page.getByRole('button', { name: 'Create account' }).click();
		await who.page.waitForURL(`${origin}/home`);
		assert.equal(who.bodies('POST /auth/register')[0].invitation, 'tok-1');
	});

	await step(
		'an invitation for somebody else offers the way out, and the right person joins',
		async (who) => {
			who.table['POST /auth/invitations/look'] = { status: 200, body: INVITATION };
			who.table['POST /orgs/invitations/accept'] = {
				status: 200,
				body: { organization: { id: 'org-1', name: 'Northwind' } },
			};
			who.table['POST /orgs/org-1/switch'] = ENTERED;
			await who.open('/invitation?token=tok-2');
			await who.heading('Another account is logged in');
			await who.accessible('invitation for another account');
			await who.page.getByRole('button', { name: 'Log out and go on' }).click();
			await who.page.getByRole('link', { name: 'I have an account' }).click();
			await who.page.getByText('Log in to accept the invitation.').waitFor();
			const grace = { ...USER, email: 'Grace@example.org' };
			who.table['POST /auth/login'] = { status: 200, body: { ...ENTERED.body, user: grace } };
			who.table['GET /users/me'] = { status: 200, body: { user: grace } };
			await who.logIn();
			await who.heading('You are invited');
			await who.page.getByRole('button', { name: 'Accept the invitation' }).click();
			await who.heading('You are in');
			assert.deepEqual(who.bodies('POST /orgs/invitations/accept'), [{ token: 'tok-2' }]);
			await who.page.getByRole('button', { name: 'Work there now' }).click();
			await who.page.waitForURL(`${origin}/home`);
			assert.equal(who.bodies('POST /orgs/org-1/switch').length, 1);
		},
		{ signedIn: true },
	);

	await step('a forgotten password goes by mail and a link', async (who) => {
		who.table['POST /auth/forgot-password'] = { status: 202, body: { status: 'check_mail' } };
		who.table['POST /auth/reset-password'] = { status: 204 };
		await who.open('/login');
		await who.page.getByLabel('Email').fill('ada@example.org');
		await who.page.getByRole('link', { name: 'Forgot your password?' }).click();
		await who.heading('Forgot your password?');
		await who.accessible('forgotten password');
		await who.page.getByRole('button', { name: 'Send the link' }).click();
		await who.heading('Look in your inbox');
		assert.deepEqual(who.bodies('POST /auth/forgot-password'), [{ email: 'ada@example.org' }]);
		await who.open('/reset?token=tok-3');
		await who.page.waitForURL(`${origin}/reset`);
		await who.accessible('new password');
		await who.page.getByLabel('New password').fill('short');
		await who.page.getByRole('button', { name: 'Save the new password' }).click();
		await who.page.getByText('Use at least 8 characters.').waitFor();
		await who.page.getByLabel('New password').fill('nine lamps over the table');
		await who.page.getByRole('button', { name: 'Save the new password' }).click();
		await who.heading('Your password is changed');
		assert.deepEqual(who.bodies('POST /auth/reset-password'), [
			{ token: 'tok-3', password: 'nine lamps over the table' },
		]);
		await who.open('/reset');
		await who.heading('This link does not work');
	});

	await step('an address is confirmed by its link, and a dead link says so', async (who) => {
		who.table['POST /auth/verify-email'] = { status: 200, body: { email: 'ada@example.org' } };
		await who.open('/verify?token=tok-4');
		await who.heading('Your address is confirmed');
		await who.page.waitForURL(`${origin}/verify`);
		await who.accessible('confirmed');
		who.table['POST /auth/verify-email'] = refusal(410, 'INVALID_LINK');
		await who.open('/verify?token=tok-4');
		await who.heading('This link does not work');
		await who.page.getByRole('link', { name: 'Log in to have a new one sent' }).waitFor();
		await who.accessible('dead link');
	});

	await step('an address changes only after a yes', async (who) => {
		who.table['POST /auth/confirm-email'] = {
			status: 200,
			body: { email: 'new@example.org', status: 'other_confirmation_needed' },
		};
		await who.open('/confirm-email?token=tok-5');
		await who.heading('Change your address?');
		await who.page.waitForLoadState('networkidle');
		assert.deepEqual(who.bodies('POST /auth/confirm-email'), []);
		await who.accessible('change of address');
		await who.page.getByRole('button', { name: 'Yes, change it' }).click();
		await who.heading('One more confirmation');
	});

	await step(
		'the banner asks to confirm the address until it is',
		async (who) => {
			who.table['POST /auth/verify-email/resend'] = { status: 202, body: { status: 'sent' } };
			await who.open('/board');
			await who.page.getByText('Confirm your address: we sent a link to ada@example.org.').waitFor();
			await who.accessible('banner');
			await who.page.getByRole('button', { name: 'Send it again' }).click();
			await who.page.getByRole('status').getByText('Sent. Look in your inbox.').waitFor();
			await who.page.reload();
			await who.page.getByText('Confirm your address').waitFor();
			who.table['POST /auth/verify-email/resend'] = { status: 202, body: { status: 'already_verified' } };
			who.table['GET /users/me'] = { status: 200, body: { user: { ...USER, email_verified: true } } };
			await who.page.getByRole('button', { name: 'Send it again' }).click();
			await who.page.getByText('Your address is already confirmed.').waitFor();
			await who.page.getByRole('button', { name: 'Send it again' }).waitFor({ state: 'detached' });
		},
		{ signedIn: true },
	);
}
