import { expect, it } from 'vitest';
import { cacheName, kept, route } from './cache';

const ORIGIN = 'https://board.test';
const ASSETS = ['/_app/immutable/start.abc.js', '/icons/icon-192.png'];
const way = (path: string, more: Partial<Pick<Request, 'method' | 'mode'>> = {}) =>
	route({ method: 'GET', mode: 'cors', url: new URL(path, ORIGIN).href, ...more }, ORIGIN, ASSETS);

it('never touches what the server answers to a person', () => {
	for (const path of [
		'/api/v1/sessions',
		'/api/v1/users/me',
		'/api/v1/auth/social/acme/start',
		'/v1/chat/completions',
		'/.well-known/jwks.json',
		'https://challenges.cloudflare.com/turnstile/v0/api.js',
	]) {
		expect(way(path), path).toBe('network');
		expect(way(path, { mode: 'navigate' }), path).toBe('network');
	}
	expect(way('/home', { method: 'POST', mode: 'navigate' })).toBe('network');
});

it('serves its files from the cache and pages from the network first', () => {
	expect(way('/_app/immutable/start.abc.js')).toBe('asset');
	expect(way('/icons/icon-192.png')).toBe('file');
	expect(way('/_app/immutable/other.js')).toBe('network');
	expect(way('/_app/version.json')).toBe('network');
	expect(way('/board/new?x=1', { mode: 'navigate' })).toBe('page');
});

it('keeps what the app shows', () => {
	expect(
		kept(
			['/_app/a.js', '/_app/besley-latin.woff2', '/_app/besley-cyrillic.woff2'],
			[
				'/theme.js',
				'/theme.js.br',
				'/mail-preview.css',
				'/robots.txt',
				'/og/home.png',
				'/icons/icon-192.png',
			],
		),
	).toEqual(['/_app/a.js', '/_app/besley-latin.woff2', '/theme.js', '/icons/icon-192.png']);
});

it('names each build apart, whatever the order', () => {
	expect(cacheName(['/a', '/b'])).toBe(cacheName(['/b', '/a']));
	expect(cacheName(['/a', '/b'])).not.toBe(cacheName(['/a', '/c']));
	expect(cacheName([])).toMatch(/^quorate-[0-9a-f]{8}$/);
});
