import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Problem } from '$lib/api/problem';
import type { Entered } from './api';
import { PasskeyLogIn } from './passkey-login';

const entered = { user: { id: 'u1' } } as Entered;
const api = vi.hoisted(() => ({ passkeyOptions: vi.fn(), passkeyLogIn: vi.fn() }));
vi.mock('./api', () => ({ identity: api }));

/** A browser whose passkey question ends as `answer` says; it hears of every question's signal. */
function browser(answer: (signal: AbortSignal | undefined) => Promise<unknown>) {
	const get = vi.fn((question: { signal?: AbortSignal; mediation?: string }) => answer(question.signal));
	const known = {
		isConditionalMediationAvailable: async () => true,
		parseRequestOptionsFromJSON: () => ({}),
	};
	vi.stubGlobal(
		'PublicKeyCredential',
		Object.assign(function PublicKeyCredential() {}, known),
	);
	vi.stubGlobal('navigator', { credentials: { get } });
	return get;
}
const untilAborted = (signal: AbortSignal | undefined) =>
	new Promise((_, fail) => {
		const end = () => fail(Object.assign(new Error(), { name: 'AbortError' }));
		if (signal?.aborted) return end();
		signal?.addEventListener('abort', end);
	});
const credential = { toJSON: () => ({ id: 'c1' }) };

beforeEach(() => {
	vi.useFakeTimers();
	api.passkeyOptions.mockReset().mockResolvedValue({ challenge: 'qc_1', options: { publicKey: {} } });
	api.passkeyLogIn.mockReset().mockResolvedValue(entered);
});
afterEach(() => {
	vi.useRealTimers();
	vi.unstubAllGlobals();
});

it('sends what the browser gave with its challenge', async () => {
	browser(async () => credential);
	expect(await new PasskeyLogIn().ask()).toBe(entered);
	expect(api.passkeyLogIn).toHaveBeenCalledWith({ challenge: 'qc_1', credential: { id: 'c1' } });
});

it('does not speak of a wrong password when a passkey is unknown', async () => {
	browser(async () => credential);
	api.passkeyLogIn.mockRejectedValue(new Problem('INVALID_CREDENTIALS', 401, ''));
	await expect(new PasskeyLogIn().ask()).rejects.toMatchObject({ code: 'PASSKEY_UNKNOWN' });
});

it('ends the question in the background before it asks another', async () => {
	const get = browser((signal) => (signal ? untilAborted(signal) : Promise.resolve(credential)));
	const passkey = new PasskeyLogIn();
	const failed = vi.fn();
	const background = passkey.offer(vi.fn(), failed);
	await vi.advanceTimersByTimeAsync(0);
	expect(get).toHaveBeenCalledTimes(1);
	expect(await passkey.ask()).toBe(entered);
	await background;
	expect(get.mock.calls[0]?.[0].signal?.aborted).toBe(true);
	expect(failed).not.toHaveBeenCalled();
});

it('takes a fresh challenge before the old one dies', async () => {
	const get = browser(untilAborted);
	const passkey = new PasskeyLogIn();
	void passkey.offer(vi.fn(), vi.fn());
	await vi.advanceTimersByTimeAsync(299_000);
	expect(get).toHaveBeenCalledTimes(2);
	expect(api.passkeyOptions).toHaveBeenCalledTimes(2);
	passkey.stop();
	await vi.advanceTimersByTimeAsync(600_000);
	expect(get).toHaveBeenCalledTimes(2);
	expect(vi.getTimerCount()).toBe(0);
});

it('is silent when the server does not know passkeys, and does not ask again and again', async () => {
	const get = browser(untilAborted);
	api.passkeyOptions.mockRejectedValue(new Problem('NOT_FOUND', 404, ''));
	const failed = vi.fn();
	await new PasskeyLogIn().offer(vi.fn(), failed);
	expect(failed).not.toHaveBeenCalled();
	expect(get).not.toHaveBeenCalled();
	expect(api.passkeyOptions).toHaveBeenCalledTimes(1);
});

it('tells when a passkey from the list was refused, and offers the list again', async () => {
	const get = browser(async () => credential);
	get.mockImplementationOnce(async () => credential).mockImplementation(({ signal }) => untilAborted(signal));
	api.passkeyLogIn.mockRejectedValueOnce(new Problem('ACCOUNT_SUSPENDED', 403, ''));
	const failed = vi.fn();
	const passkey = new PasskeyLogIn();
	void passkey.offer(vi.fn(), failed);
	await vi.advanceTimersByTimeAsync(1);
	expect(failed).toHaveBeenCalledWith(expect.objectContaining({ code: 'ACCOUNT_SUSPENDED' }));
	expect(get).toHaveBeenCalledTimes(2);
	passkey.stop();
});
