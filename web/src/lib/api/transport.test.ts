import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const ORIGIN = 'http://board.test';
const denied = (code: string) =>
	new Response(JSON.stringify({ error: { code, message: '', details: [] } }), { status: 401 });

/** A server whose access works or not, and that counts what it was asked. */
function serve(state: { access: boolean; refresh: number }) {
	const calls: string[] = [];
	vi.stubGlobal('fetch', async (input: Request | string) => {
		const path = typeof input === 'string' ? input : new URL(input.url).pathname;
		calls.push(path);
		await new Promise((later) => setTimeout(later));
		if (path === '/api/v1/auth/refresh') {
			state.access = state.refresh === 200;
			return new Response('{}', { status: state.refresh });
		}
		if (path === '/api/v1/auth/login') return denied('INVALID_CREDENTIALS');
		if (!state.access) return denied('TOKEN_EXPIRED');
		const body = typeof input === 'string' ? '' : await input.text();
		return new Response(JSON.stringify({ body }), { status: 200 });
	});
	return calls;
}

beforeEach(() => {
	vi.resetModules();
	vi.stubGlobal('navigator', {});
});
afterEach(() => vi.unstubAllGlobals());

it('renews once for many requests and repeats each with its body', async () => {
	const calls = serve({ access: false, refresh: 200 });
	const { send } = await import('./transport');
	const answers = await Promise.all(
		['a', 'b', 'c'].map((body) => send(`${ORIGIN}/api/v1/sessions`, { method: 'POST', body })),
	);
	expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([
		{ body: 'a' },
		{ body: 'b' },
		{ body: 'c' },
	]);
	expect(calls.filter((path) => path === '/api/v1/auth/refresh')).toHaveLength(1);
});

it('says once that the login session is over and hands back the refusal', async () => {
	serve({ access: false, refresh: 401 });
	const { send, whenExpired } = await import('./transport');
	const expired = vi.fn();
	whenExpired(expired);
	const answer = await send(`${ORIGIN}/api/v1/sessions`);
	expect(answer.status).toBe(401);
	expect(expired).toHaveBeenCalledTimes(1);
});

it('does not take a server in trouble for an ended login session', async () => {
	serve({ access: false, refresh: 503 });
	const { send, whenExpired } = await import('./transport');
	const expired = vi.fn();
	whenExpired(expired);
	await expect(send(`${ORIGIN}/api/v1/sessions`)).rejects.toMatchObject({ status: 503 });
	expect(expired).not.toHaveBeenCalled();
});

it('never renews for a wrong password', async () => {
	const calls = serve({ access: false, refresh: 200 });
	const { send } = await import('./transport');
	expect((await send(`${ORIGIN}/api/v1/auth/login`, { method: 'POST', body: '{}' })).status).toBe(401);
	expect(calls).toEqual(['/api/v1/auth/login']);
});

it('renews for those calls of /auth/ that need a signed-in person', async () => {
	const calls = serve({ access: false, refresh: 200 });
	const { send } = await import('./transport');
	const path = '/api/v1/auth/verify-email/resend';
	expect((await send(ORIGIN + path, { method: 'POST', body: '{}' })).status).toBe(200);
	expect(calls).toEqual([path, '/api/v1/auth/refresh', path]);
});

it('takes turns with other tabs, and does not renew again what another tab has renewed', async () => {
	const state = { access: false, refresh: 200 };
	const calls = serve(state);
	vi.stubGlobal('navigator', {
		locks: {
			request: async (_name: string, ...rest: unknown[]) => {
				const act = rest.at(-1) as (lock: unknown) => Promise<unknown>;
				if (rest.length > 1) return act(null);
				// The other tab holds the lock and finishes first.
				state.access = true;
				return act({});
			},
		},
	});
	const { send } = await import('./transport');
	expect((await send(`${ORIGIN}/api/v1/sessions`)).status).toBe(200);
	expect(calls).not.toContain('/api/v1/auth/refresh');
});

it('lets requests wait while the person logs in again, and repeats each with its body', async () => {
	const state = { access: false, refresh: 401 };
	const calls = serve(state);
	const { send, whenLost, whenExpired } = await import('./transport');
	const expired = vi.fn();
	whenExpired(expired);
	let loggedIn: (again: boolean) => void = () => {};
	const asked = vi.fn(() => new Promise<boolean>((done) => (loggedIn = done)));
	whenLost(asked);
	const post = (body: string) => send(`${ORIGIN}/api/v1/sessions`, { method: 'POST', body });
	const early = [post('a'), post('b')];
	await vi.waitFor(() => expect(asked).toHaveBeenCalled());
	const before = calls.length;
	const late = post('c');
	await new Promise((later) => setTimeout(later, 20));
	// Who comes later does not even try.
	expect(calls.slice(before).filter((path) => path === '/api/v1/sessions')).toHaveLength(0);
	state.access = true;
	loggedIn(true);
	const answers = await Promise.all([...early, late]);
	expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([
		{ body: 'a' },
		{ body: 'b' },
		{ body: 'c' },
	]);
	expect(asked).toHaveBeenCalledTimes(1);
	expect(expired).not.toHaveBeenCalled();
});

it('gives up when the person does not log in again', async () => {
	serve({ access: false, refresh: 401 });
	const { send, whenLost, whenExpired } = await import('./transport');
	const expired = vi.fn();
	whenExpired(expired);
	whenLost(() => Promise.resolve(false));
	expect((await send(`${ORIGIN}/api/v1/sessions`)).status).toBe(401);
	expect(expired).toHaveBeenCalledTimes(1);
});

it('tells when no answer came, but not when the request was called off', async () => {
	const { send, whenUnreachable } = await import('./transport');
	const unreachable = vi.fn();
	whenUnreachable(unreachable);
	vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
	const called = new AbortController();
	called.abort();
	await expect(send(`${ORIGIN}/api/v1/sessions`, { signal: called.signal })).rejects.toThrow();
	expect(unreachable).not.toHaveBeenCalled();
	await expect(send(`${ORIGIN}/api/v1/sessions`)).rejects.toThrow();
	expect(unreachable).toHaveBeenCalledTimes(1);
});
