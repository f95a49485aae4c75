import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const api = vi.hoisted(() => ({ methods: vi.fn() }));
vi.mock('./api', () => ({ identity: api }));
const OPEN = {
	password: true,
	registration: 'open',
	passkeys: true,
	turnstile_site_key: null,
	providers: [],
};

async function fresh() {
	vi.resetModules();
	return import('./methods');
}
beforeEach(() => {
	vi.useFakeTimers();
	api.methods.mockReset();
});
afterEach(() => void vi.useRealTimers());

it('asks once a minute', async () => {
	api.methods.mockResolvedValue(OPEN);
	const { methods } = await fresh();
	expect(await methods()).toEqual(OPEN);
	await methods();
	expect(api.methods).toHaveBeenCalledTimes(1);
	vi.setSystemTime(Date.now() + 61_000);
	await methods();
	expect(api.methods).toHaveBeenCalledTimes(2);
	expect(vi.getTimerCount()).toBe(0);
});

it('shows the plain form when the server is away, and asks again next time', async () => {
	const { methods, PLAIN } = await fresh();
	api.methods.mockRejectedValueOnce(new Error()).mockResolvedValue(OPEN);
	expect(await methods()).toEqual(PLAIN);
	expect(await methods()).toEqual(OPEN);
});

it('does not wait for a slow server, and uses its answer later', async () => {
	const { methods, PLAIN } = await fresh();
	let answer: (value: unknown) => void = () => {};
	api.methods.mockReturnValue(new Promise((done) => (answer = done)));
	const shown = methods();
	await vi.advanceTimersByTimeAsync(3000);
	expect(await shown).toEqual(PLAIN);
	answer(OPEN);
	await vi.advanceTimersByTimeAsync(0);
	expect(await methods()).toEqual(OPEN);
	expect(api.methods).toHaveBeenCalledTimes(1);
});

it('misses nothing of an answer that leaves something out', async () => {
	api.methods.mockResolvedValue({ passkeys: true });
	const { methods, PLAIN } = await fresh();
	expect(await methods()).toEqual({ ...PLAIN, passkeys: true });
});
