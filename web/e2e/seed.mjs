// Brings a fresh server into the state of one that is in use: an operator, a decided session and a link to its report, a key, an invitation.
import assert from 'node:assert/strict';

const LIMIT_MS = 120_000;
const PASSWORD = 'seven lamps over the table';

/** Answers what the pages are made from, and the cookies of the operator as Playwright takes them. */
export async function seed(server) {
	const cookies = new Map();
	async function call(method, path, body) {
		const answer = await fetch(`${server.origin}/api/v1${path}`, {
			method,
			headers: {
				'Content-Type': 'application/json',
				'X-Quorate-Client': 'web',
				Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
			},
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		for (const line of answer.headers.getSetCookie()) {
			const [, name, value] = line.match(/^([^=]+)=([^;]*)/) ?? [];
			cookies.set(name, value);
		}
		const text = await answer.text();
		assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text.slice(0, 400)}`);
		return text ? JSON.parse(text) : null;
	}

	await call('POST', '/auth/first-operator', {
		token: server.operatorToken(),
		email: 'operator@example.org',
		password: PASSWORD,
		name: 'Ada Lovelace',
	});
	const { session } = await call('POST', '/sessions', {
		problem_statement:
			'Should we move our 12-person company from Berlin to Lisbon within a year? Budget 200k euros, a lease until March.',
		mode: 'quick',
		clarify: false,
	});
	await call('POST', `/sessions/${session.id}/deliberation/start`, {});
	await call('POST', '/keys', { name: 'Nightly report', scopes: ['model:use', 'model:read'] });
	const until = Date.now() + LIMIT_MS;
	for (;;) {
		const { session: now } = await call('GET', `/sessions/${session.id}`);
		if (now.status === 'completed') break;
		assert.ok(Date.now() < until && now.status !== 'failed', `the session is ${now.status}`);
		await new Promise((wait) => setTimeout(wait, 250));
	}
	await call('POST', `/sessions/${session.id}/decision`, {
		course: 'go_with_changes',
		decision: 'We move in spring and keep Berlin for a year.',
		reasons: 'The lease, and two people who would not come.',
	});
	await call('POST', `/sessions/${session.id}/outcome`, {
		verdict: 'partial',
		surprise: 2,
		lessons: 'Ask the people first.',
	});
	const { token } = await call('POST', `/sessions/${session.id}/shares`, { redact: { hide_names: true } });
	const { hostname } = new URL(server.origin);
	return {
		session: session.id,
		share: token,
		state: {
			cookies: [...cookies].map(([name, value]) => ({
				name,
				value,
				domain: hostname,
				path: '/',
				expires: -1,
				httpOnly: false,
				secure: false,
				sameSite: 'Lax',
			})),
			origins: [],
		},
	};
}
