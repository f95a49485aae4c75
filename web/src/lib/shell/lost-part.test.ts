import { expect, it } from 'vitest';
import { lostPart, whyLost } from './lost-part';

it('knows a part that cannot be loaded in every browser', () => {
	for (const text of [
		'Failed to fetch dynamically imported module: https://board.test/_app/immutable/nodes/7.js',
		'error loading dynamically imported module: https://board.test/x.js',
		'Importing a module script failed.',
		'Unable to preload CSS for /_app/immutable/assets/7.css',
	]) {
		expect(lostPart(new TypeError(text)), text).toBe(true);
	}
	for (const other of [new Error('x is not a function'), 'dynamically imported module', null]) {
		expect(lostPart(other)).toBe(false);
	}
});

it('tells an upgrade from a server that is away', async () => {
	expect(await whyLost(async () => new Response('{}'))).toBe('UPDATED');
	expect(await whyLost(async () => new Response('', { status: 502 }))).toBe('OFFLINE');
	expect(await whyLost(() => Promise.reject(new TypeError('Failed to fetch')))).toBe('OFFLINE');
});
