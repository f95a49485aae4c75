import { describe, expect, it } from 'vitest';
import { HOME, loginAddress, safeNext } from './next';

const ORIGIN = 'https://board.example.org';

describe('safeNext', () => {
	it.each(['/board/new', '/board/1?tab=2#round', '/board?next=//evil.example'])('takes %s', (path) => {
		expect(safeNext(path, ORIGIN)).toBe(path);
	});

	it.each([
		null,
		'',
		'board',
		'//evil.example',
		'///evil.example',
		'/\\evil.example',
		'\\/evil.example',
		'/board\\..\\x',
		'/\t/evil.example',
		'/\n/evil.example',
		'https://evil.example/',
		'javascript:alert(1)',
		'/.//evil.example',
		'/a/..//evil.example',
		' //evil.example',
	])('leads home instead of to %j', (path) => {
		expect(safeNext(path, ORIGIN)).toBe(HOME);
	});
});

describe('loginAddress', () => {
	it('carries the place, except when it is the home', () => {
		expect(loginAddress('/board/new?x=1')).toBe('/login?next=%2Fboard%2Fnew%3Fx%3D1');
		expect(loginAddress('/home')).toBe('/login');
	});
});
