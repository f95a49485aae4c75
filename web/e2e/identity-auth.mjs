// Accounts against the real server: the mails come from its development outbox, the passkey from a virtual key.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { watch } from './browser.mjs';
import { startServer } from './server.mjs';

const PASSWORD = 'seven lamps over the table';
const NEW_PASSWORD = 'nine herons under the bridge';
const CLIENT = { 'Content-Type': 'application/json', 'X-Quorate-Client': 'web' };

/** The six digits of an authenticator app (RFC 6238), `ahead` steps from now. */
function totp(secret, ahead = 0) {
	const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
	const bits = [...secret.replace(/[=\s]/g, '').toUpperCase()]
		.map((sign) => alphabet.indexOf(sign).toString(2).padStart(5, '0'))
		.join('');
	const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
	const mac = createHmac('sha1', key).update(counter).digest();
	const at = mac[19] & 15;
	return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Runs until the next step of the clock is far enough away that a code stays right while it travels. */
const calm = async () => {
	while (Date.now() % 30_000 > 24_000) await new Promise((wait) => setTimeout(wait, 500));
};

/** A person with a browser. */
async function person(browser, origin, complaints) {
	const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
	context.setDefaultTimeout(30_000);
	const page = await context.newPage();
	watch(page, origin, complaints).expect(/status of 4\d\d .*\/api\/v1\/(auth|users\/me)/);
	// A virtual key would answer the question behind the address field before anybody has pressed a button.
	await page.addInitScript(() => {
		PublicKeyCredential.isConditionalMediationAvailable = async () => false;
	});
	const heading = (name) => page.getByRole('heading', { level: 1, name }).waitFor();
	return {
		page,
		heading,
		open: (path) => page.goto(origin + path, { waitUntil: 'load' }),
		alert: (text) => page.getByRole('alert').getByText(text).waitFor(),
		/** A call of the API as the page would make it. */
		api: async (method, path, body) => {
			const { status, content } = await page.evaluate(
				async ([verb, address, headers, payload]) => {
					const answer = await fetch(`/api/v1${address}`, { method: verb, headers, body: payload });
					return { status: answer.status, content: await answer.json().catch(() => null) };
				},
				[method, path, CLIENT, body && JSON.stringify(body)],
			);
			assert.ok(status < 400, `${method} ${path}: ${status} ${JSON.stringify(content)}`);
			return content;
		},
		async logIn(email, password) {
			await page.goto(`${origin}/login`, { waitUntil: 'load' });
			await page.getByLabel('Email').fill(email);
			await page.getByLabel('Password').fill(password);
			await page.getByRole('button', { name: 'Log in' }).click();
		},
		async logOut() {
			// Away from the app first: what its page still asks for would be refused after the log-out.
			await page.goto(`${origin}/favicon.svg`);
			const headers = { ...CLIENT, Origin: origin };
			const answer = await context.request.post(`${origin}/api/v1/auth/logout`, { headers, data: '{}' });
			assert.ok(answer.ok(), `the log-out is refused: ${answer.status()}`);
			await context.clearCookies({ name: 'quorate_signed_in' });
		},
		close: () => context.close(),
	};
}

export async function identityAuth({ test, browser, complaints }) {
	// Passkeys belong to a name; an address of digits has none.
	const server = await startServer({ host: 'localhost' });
	const { origin } = server;
	const ada = await person(browser, origin, complaints);
	const email = 'ada@example.org';
	let secret = '';
	let recovery = [];

	try {
		await test('somebody signs up and is asked to confirm the address', async () => {
			await ada.open('/register');
			await ada.page.getByLabel('Email').fill(email);
			await ada.page.getByLabel('Password').fill(PASSWORD);
			await ada.page.getByRole('button', { name: 'Create account' }).click();
			await ada.page.waitForURL('**/home');
			await ada.page.getByText(`Confirm your address: we sent a link to ${email}.`).waitFor();
		});

		await test('the link of the mail confirms it, and says so when opened again', async () => {
			const link = await server.linkTo(email, 'verify');
			await ada.open(link);
			await ada.heading('Your address is confirmed');
			await ada.page.getByRole('link', { name: 'Go to your sessions' }).click();
			await ada.page.waitForURL('**/home');
			await ada.heading(/^Good /);
			assert.equal(await ada.page.getByText('Confirm your address').count(), 0);
			await ada.open(link);
			await ada.heading('Your address is confirmed');
		});

		await test('an address that is taken is said beside its field', async () => {
			await ada.logOut();
			await ada.open('/register');
			await ada.page.getByLabel('Email').fill(email);
			await ada.page.getByLabel('Password').fill(PASSWORD);
			await ada.page.getByRole('button', { name: 'Create account' }).click();
			await ada.page.getByText('There is already an account with this email.').waitFor();
		});

		await test('a password that everybody tries is refused in plain words', async () => {
			await ada.page.getByLabel('Email').fill('someone-else@example.org');
			await ada.page.getByLabel('Password').fill('password123');
			await ada.page.getByRole('button', { name: 'Create account' }).click();
			await ada.page.getByText('This password is too easy to guess.').waitFor();
		});

		await test('a forgotten password is replaced by the link of a mail', async () => {
			await ada.open('/forgot');
			await ada.page.getByLabel('Email').fill(email);
			await ada.page.getByRole('button', { name: 'Send the link' }).click();
			await ada.heading('Look in your inbox');
			const link = await server.linkTo(email, 'reset');
			await ada.open(link);
			await ada.page.getByLabel('New password').fill(NEW_PASSWORD);
			await ada.page.getByRole('button', { name: 'Save the new password' }).click();
			await ada.heading('Your password is changed');
			await ada.open(link);
			await ada.page.getByLabel('New password').fill(NEW_PASSWORD);
			await ada.page.getByRole('button', { name: 'Save the new password' }).click();
			await ada.heading('This link does not work');
			await ada.logIn(email, PASSWORD);
			await ada.alert('Email or password is wrong.');
			await ada.logIn(email, NEW_PASSWORD);
			await ada.page.waitForURL('**/home');
		});

		await test('the second step asks for the code of the app', async () => {
			({ secret } = await ada.api('POST', '/users/me/second-factor/totp', { password: NEW_PASSWORD }));
			await calm();
			const confirmed = await ada.api('POST', '/users/me/second-factor/totp/confirm', { code: totp(secret) });
			recovery = confirmed.recovery_codes;
			await ada.logOut();
			await ada.logIn(email, NEW_PASSWORD);
			await ada.heading('One more step');
			const right = totp(secret, 1);
			await ada.page.getByLabel('Six-digit code').fill(right === '000000' ? '111111' : '000000');
			await ada.page.getByText('This code is not right.').waitFor();
			await calm();
			// The code of the confirmation is used up; the next one is within what clocks may differ.
			await ada.page.getByLabel('Six-digit code').fill(totp(secret, 1));
			await ada.page.waitForURL('**/home');
		});

		await test('a recovery code opens once', async () => {
			const attempt = async () => {
				await ada.logOut();
				await ada.logIn(email, NEW_PASSWORD);
				await ada.heading('One more step');
				await ada.page.getByRole('button', { name: 'Use a recovery code' }).click();
				await ada.page.getByLabel('Recovery code').fill(` ${recovery[0].toUpperCase()} `);
				await ada.page.getByRole('button', { name: 'Confirm' }).click();
			};
			await attempt();
			await ada.page.waitForURL('**/home');
			await attempt();
			await ada.page.getByText('This recovery code is not right').waitFor();
			await ada.page.getByLabel('Recovery code').fill(recovery[1]);
			await ada.page.getByRole('button', { name: 'Confirm' }).click();
			await ada.page.waitForURL('**/home');
		});

		await test('a passkey is both steps at once', async () => {
			const keys = await ada.page.context().newCDPSession(ada.page);
			await keys.send('WebAuthn.enable');
			await keys.send('WebAuthn.addVirtualAuthenticator', {
				options: {
					protocol: 'ctap2',
					transport: 'internal',
					hasResidentKey: true,
					hasUserVerification: true,
					isUserVerified: true,
					automaticPresenceSimulation: true,
				},
			});
			const { challenge, options } = await ada.api('POST', '/users/me/passkeys/options', {
				password: NEW_PASSWORD,
			});
			const credential = await ada.page.evaluate(async (json) => {
				const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(json);
				return (await navigator.credentials.create({ publicKey })).toJSON();
			}, options.publicKey);
			await ada.api('POST', '/users/me/passkeys', { challenge, credential, name: 'Virtual key' });
			await ada.logOut();
			await ada.open('/login?next=%2Fboard%2Fnew');
			await ada.page.getByRole('button', { name: 'Use a passkey' }).click();
			await ada.page.waitForURL('**/board/new');
		});

		await test('a passkey is the second step after a password', async () => {
			await ada.logOut();
			await ada.logIn(email, NEW_PASSWORD);
			await ada.heading('One more step');
			await ada.page.getByRole('button', { name: 'Use a passkey' }).first().click();
			await ada.page.waitForURL('**/home');
		});

		await test('an invitation makes an account with its address, and a member', async () => {
			const { organization } = await ada.api('GET', '/users/me');
			await ada.api('POST', `/orgs/${organization.id}/invitations`, {
				email: 'grace@example.org',
				role: 'member',
			});
			const link = await server.linkTo('grace@example.org', 'invitation');
			await ada.open(link);
			await ada.heading('Another account is logged in');
			const grace = await person(browser, origin, complaints);
			try {
				await grace.open(link);
				await grace.heading('You are invited');
				await grace.page.getByRole('link', { name: 'Create an account and join' }).click();
				await grace.heading('Create your account');
				assert.equal(await grace.page.getByLabel('Email').inputValue(), 'grace@example.org');
				await grace.page.getByLabel('Password').fill(PASSWORD);
				await grace.page.getByRole('button', { name: 'Create account' }).click();
				await grace.page.waitForURL('**/home');
				const { data } = await grace.api('GET', '/orgs');
				assert.ok(
					data.some((one) => one.id === organization.id && one.role === 'member'),
					'Grace belongs to the organization',
				);
				// The mail came to that address, so it needs no second confirmation.
				assert.equal(await grace.page.getByText('Confirm your address').count(), 0);
				await grace.logOut();
				await grace.open(link);
				await grace.heading('This link does not work');
			} finally {
				await grace.close();
			}
		});
	} finally {
		await ada.close();
		await server.stop();
	}
}
