import { describe, expect, it } from 'vitest';
import { guesses, strengthOf } from './strength';

const of = (password: string, known: string[] = []) => strengthOf(password, 8, known);

describe('strengthOf', () => {
	it.each([
		'password',
		'Password1',
		'P@ssw0rd',
		'passwordpassword',
		'qwertyuiop',
		'12345678',
		'87654321',
		'aaaaaaaaaaaa',
		'abcabcabcabc',
		'zzzyyyxxx',
		'welcome2024',
		'iloveyou1',
		'1q2w3e4r',
		'asdfghjkl123',
		'short7!',
	])('warns of %s', (password) => {
		expect(of(password)).toBe(1);
	});

	it.each(['seven lamps over the table', 'kR7#vmQ2xw!tZ', '我在北京喝了三杯绿茶以后就回家'])(
		'praises %s',
		(password) => {
			expect(of(password)).toBe(4);
		},
	);

	it('rises with the length and never says anything about nothing', () => {
		expect(of('')).toBe(0);
		const steps = ['tavmokru', 'tavmokrupe', 'tavmokrupelidu'].map((password) => of(password));
		expect(steps).toEqual([2, 3, 4]);
	});

	it('knows the person', () => {
		expect(of('lovelace1815', ['ada.lovelace@example.org', 'Ada Lovelace'])).toBe(1);
		expect(of('lovelace1815')).toBeGreaterThan(1);
		expect(of('ada.lovelace@example.org', ['ada.lovelace@example.org'])).toBe(1);
	});

	it('ends soon on a long paste', () => {
		const started = performance.now();
		guesses('a1b2'.repeat(500), ['somebody@example.org']);
		guesses(Array.from({ length: 2000 }, (_, at) => String.fromCharCode(33 + ((at * 7919) % 90))).join(''));
		expect(performance.now() - started).toBeLessThan(2000);
	});
});
