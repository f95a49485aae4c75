// Signing in with another service: a certified OpenID provider runs as a process, and the whole code flow with PKCE goes
// through the browser.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort, startServer } from './server.mjs';

const PEER = fileURLToPath(new URL('../../apps/quorate/tests/peers/oidc/', import.meta.url));
const PASSWORD = 'seven lamps over the table';

/** Starts the provider for a server at this address; it ends when its standard input does. */
async function startProvider(origin) {
	const child = spawn('node', ['provider.mjs'], {
		cwd: PEER,
		env: { ...process.env, OIDC_REDIRECT_URIS: `${origin}/api/v1/auth/social/certified/callback` },
		stdio: ['pipe', 'pipe', 'ignore'],
	});
	const lines = createInterface({ input: child.stdout });
	const first = await Promise.race([
		new Promise((done) => lines.once('line', done)),
		new Promise((_, fail) =>
			child.once('exit', () => fail(new Error(`the provider does not start; \`npm ci\` in ${PEER}?`))),
		),
	]);
	return { ...JSON.parse(first), stop: () => child.stdin.end() };
}

export async function identitySocial({ test, browser }) {
	const port = await freePort();
	const origin = `http://127.0.0.1:${port}`;
	const provider = await startProvider(origin);
	const entry = {
		name: 'certified',
		kind: 'oidc',
		label: 'Certified',
		issuer: provider.issuer,
		client_id: 'quorate-basic',
		client_secret: provider.client_secret,
	};
	const server = await startServer({
		port,
		environment: { QUORATE__IDENTITY__PROVIDERS: JSON.stringify([entry]) },
	});
	const contexts = [];
	/** A browser of somebody's own. The provider is another site, so nobody watches for requests to others here. */
	const person = async () => {
		const context = await browser.newContext({ locale: 'en-GB' });
		context.setDefaultTimeout(30_000);
		contexts.push(context);
		return { context, page: await context.newPage() };
	};
	const who = (page) =>
		page.evaluate(async () => (await (await fetch('/api/v1/users/me')).json()).user ?? null);
	/** Signs in at the provider, which is where the browser is. */
	const agree = async (page, account) => {
		await page.waitForURL(`${provider.issuer}/interaction/**`);
		await page.getByLabel('Account').fill(account);
		await page.getByRole('button', { name: 'Sign in' }).click();
	};

	try {
		const ada = await person();
		await test('the log-in page leads to the provider with a code challenge', async () => {
			const asked = ada.page.waitForRequest((request) =>
				request.url().startsWith(`${provider.issuer}/auth?`),
			);
			await ada.page.goto(`${origin}/login?next=%2Fboard%2Fnew`, { waitUntil: 'load' });
			await ada.page.getByRole('link', { name: /Certified/ }).click();
			const question = new URL((await asked).url()).searchParams;
			assert.equal(question.get('code_challenge_method'), 'S256');
			assert.equal(question.get('redirect_uri'), `${origin}/api/v1/auth/social/certified/callback`);
			for (const name of ['state', 'nonce', 'code_challenge'])
				assert.ok(question.get(name)?.length >= 43, name);
			const cookie = (await ada.context.cookies(`${origin}/api/v1/auth/social`)).find(
				({ name }) => name === 'quorate_social',
			);
			assert.ok(cookie?.httpOnly && cookie.sameSite === 'Lax', 'the state is out of reach of scripts');
		});

		await test('whoever signs in there is signed in here, on the page they wanted', async () => {
			await agree(ada.page, 'ada@example.com');
			await ada.page.waitForURL(`${origin}/board/new`);
			const user = await who(ada.page);
			assert.equal(user.email, 'ada@example.com');
			assert.ok(user.email_verified && !user.has_password);
			const names = (await ada.context.cookies(`${origin}/api/v1/auth/social`)).map(({ name }) => name);
			assert.ok(names.includes('quorate_access') && !names.includes('quorate_social'), names.join());
		});

		await test('the same person in another browser is the same account', async () => {
			const other = await person();
			await other.page.goto(`${origin}/login`, { waitUntil: 'load' });
			await other.page.getByRole('link', { name: /Certified/ }).click();
			await agree(other.page, 'ada@example.com');
			await other.page.waitForURL(`${origin}/home`);
			assert.equal((await who(other.page)).id, (await who(ada.page)).id);
		});

		await test('the answer is worth nothing in a browser that did not ask', async () => {
			const victim = await person();
			let answer = '';
			victim.page.on('request', (request) => {
				if (request.url().includes('/callback?')) answer = request.url();
			});
			await victim.page.goto(`${origin}/api/v1/auth/social/certified/start`);
			// What another browser lacks. The code stays unused, since nobody carries it to the provider.
			await victim.context.clearCookies({ name: 'quorate_social' });
			await agree(victim.page, 'ada@example.com');
			await victim.page.waitForURL(`${origin}/login?error=SOCIAL_FAILED`);
			await victim.page.getByRole('alert').first().waitFor();
			assert.match(answer, /code=.*state=.*iss=/);
			const thief = await person();
			await thief.page.goto(`${origin}/api/v1/auth/social/certified/start`);
			await thief.page.goto(answer, { waitUntil: 'load' });
			await thief.page.waitForURL(`${origin}/login?error=SOCIAL_FAILED`);
			assert.equal(await who(thief.page), null);
		});

		await test('an address that is not confirmed there opens nothing here', async () => {
			const eve = await person();
			await eve.page.goto(`${origin}/api/v1/auth/social/certified/start`);
			await agree(eve.page, 'unverified-eve@example.com');
			await eve.page.waitForURL(`${origin}/login?error=EMAIL_NOT_VERIFIED`);
			await eve.page.getByRole('alert').first().waitFor();
		});

		await test('an account that somebody made beforehand is not linked', async () => {
			const squatter = await person();
			await squatter.page.goto(`${origin}/login`, { waitUntil: 'load' });
			const status = await squatter.page.evaluate(
				async (body) => {
					const headers = { 'Content-Type': 'application/json', 'X-Quorate-Client': 'web' };
					return (await fetch('/api/v1/auth/register', { method: 'POST', headers, body })).status;
				},
				JSON.stringify({ email: 'bob@example.com', password: PASSWORD }),
			);
			assert.equal(status, 201);
			const bob = await person();
			await bob.page.goto(`${origin}/api/v1/auth/social/certified/start`);
			await agree(bob.page, 'bob@example.com');
			await bob.page.waitForURL(`${origin}/login?error=ACCOUNT_EXISTS`);
			assert.equal(await who(bob.page), null);
		});

		await test('whoever is signed in connects the service', async () => {
			const carol = await person();
			await carol.page.goto(`${origin}/login`, { waitUntil: 'load' });
			await carol.page.evaluate(
				async (body) => {
					const headers = { 'Content-Type': 'application/json', 'X-Quorate-Client': 'web' };
					await fetch('/api/v1/auth/register', { method: 'POST', headers, body });
				},
				JSON.stringify({ email: 'carol@example.com', password: PASSWORD }),
			);
			// As the settings do: a link of our own page.
			await carol.page.evaluate(() => {
				location.href = '/api/v1/auth/social/certified/start?link=1&next=%2Fsettings%2Fsecurity';
			});
			await agree(carol.page, 'private@example.org');
			await carol.page.waitForURL(`${origin}/settings/security`);
			const { data } = await carol.page.evaluate(async () =>
				(await fetch('/api/v1/users/me/connections')).json(),
			);
			assert.deepEqual(
				data.map(({ provider: name, label, email }) => ({ name, label, email })),
				[{ name: 'certified', label: 'Certified', email: 'private@example.org' }],
			);
		});
	} finally {
		for (const context of contexts) await context.close();
		await server.stop();
		provider.stop();
	}
}
