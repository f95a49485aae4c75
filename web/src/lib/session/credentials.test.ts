import { describe, expect, it } from 'vitest';
import { Problem } from '$lib/api/problem';
import { aboveTheForm, checkAddress, checkCredentials, checkNewPassword, passwordFault } from './credentials';

const about = (field: string, message: string) =>
	new Problem('VALIDATION_FAILED', 422, '', [{ field, message }]);

describe('what is checked before the server is asked', () => {
	it.each(['', 'ada', 'ada@', '@example.org', 'a b@example.org'])('refuses the address %j', (email) => {
		expect(checkAddress(email)).toHaveProperty('email');
	});

	it('takes an address with spaces around it', () => {
		expect(checkAddress('  ada@example.org ')).toEqual({});
	});

	it('counts characters, not code units', () => {
		expect(checkNewPassword('🌵🌵🌵🌵')).toHaveProperty('password');
		expect(checkNewPassword('八个字的密码很好')).toEqual({});
		expect(checkCredentials('ada@example.org', '', 1)).toHaveProperty('password');
		expect(checkCredentials('ada@example.org', 'x', 1)).toEqual({});
	});
});

describe('what the server complains about', () => {
	it('is said in the reader’s language', () => {
		expect(passwordFault(null)).toBeUndefined();
		expect(passwordFault(about('email', 'is taken'))).toBeUndefined();
		const weak = passwordFault(about('password', 'is one of the most common passwords'));
		const long = passwordFault(about('password', 'must have at most 128 characters'));
		expect(weak).toMatch(/guess/);
		expect(long).toMatch(/128/);
	});

	it('stands above the form only when it stands beside no field', () => {
		const problem = about('email', 'is odd');
		expect(aboveTheForm(problem, ['email'])).toBeNull();
		expect(aboveTheForm(problem, ['name'])).toBe(problem);
		expect(aboveTheForm(new Problem('INTERNAL', 500, ''), ['email'])?.code).toBe('INTERNAL');
	});
});
