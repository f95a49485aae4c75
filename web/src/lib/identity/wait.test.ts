import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '$lib/api/problem';
import { Wait } from './wait.svelte';

const limited = (retryAfter: number | null, status = 429) =>
	new Problem('RATE_LIMITED', status, '', [], null, {}, retryAfter);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('Wait', () => {
	it('counts down what Retry-After says and ends by itself', () => {
		const wait = new Wait();
		wait.heed(limited(3));
		expect([wait.on, wait.left]).toEqual([true, 3000]);
		vi.advanceTimersByTime(1000);
		expect(wait.left).toBe(2000);
		vi.advanceTimersByTime(2000);
		expect([wait.on, wait.left]).toEqual([false, 0]);
		expect(vi.getTimerCount()).toBe(0);
	});

	it('waits a while when the server does not say how long, and not at all for other problems', () => {
		const wait = new Wait();
		wait.heed(null);
		wait.heed(limited(9, 401));
		expect(wait.on).toBe(false);
		wait.heed(limited(null));
		expect(wait.left).toBe(30_000);
		wait.stop();
		expect(vi.getTimerCount()).toBe(0);
	});

	it('is right after the machine has slept', () => {
		const wait = new Wait();
		wait.start(60);
		vi.setSystemTime(Date.now() + 3_600_000);
		vi.advanceTimersByTime(500);
		expect(wait.on).toBe(false);
	});

	it('keeps one clock when it is started twice, and none for no time', () => {
		const wait = new Wait();
		wait.start(10);
		wait.start(20);
		expect(vi.getTimerCount()).toBe(1);
		wait.start(0);
		expect([wait.on, vi.getTimerCount()]).toEqual([false, 0]);
	});
});
