import { afterEach, describe, expect, it } from 'vitest';
import { Problem } from '$lib/api/problem';
import { challengeIn, challengeOf, hold, release, waiting } from './challenge';

const refused = (code: string, params: Record<string, unknown>) =>
	new Problem(code, 401, '', [], null, params);
const ALL = ['totp', 'recovery_code', 'passkey'];

afterEach(release);

describe('the second step', () => {
	it('is read from the refusal of a log-in', () => {
		const params = { challenge: 'qc_abc-1', methods: ['passkey', 'totp', 'telepathy'], expires_in: 300 };
		expect(challengeOf(refused('SECOND_FACTOR_REQUIRED', params))).toEqual({
			challenge: 'qc_abc-1',
			methods: ['totp', 'passkey'],
		});
	});

	it('offers every way when the server names none', () => {
		expect(challengeOf(refused('SECOND_FACTOR_REQUIRED', { challenge: 'qc_abc' }))?.methods).toEqual(ALL);
	});

	it.each([
		['another code', 'INVALID_CREDENTIALS', { challenge: 'qc_abc' }],
		['no challenge', 'SECOND_FACTOR_REQUIRED', {}],
		['a number', 'SECOND_FACTOR_REQUIRED', { challenge: 7 }],
		['markup', 'SECOND_FACTOR_REQUIRED', { challenge: '<script>' }],
	])('is not there for %s', (_name, code, params) => {
		expect(challengeOf(refused(code, params))).toBeNull();
	});

	it('is read from a fragment, with the place to go', () => {
		expect(challengeIn('#challenge=qc_abc&methods=totp,passkey&next=%2Fboard%2Fnew')).toEqual({
			challenge: { challenge: 'qc_abc', methods: ['totp', 'passkey'] },
			next: '/board/new',
		});
		expect(challengeIn('#challenge=qc_abc')).toEqual({
			challenge: { challenge: 'qc_abc', methods: ALL },
			next: null,
		});
		for (const fragment of ['', '#', '#content', '#challenge=', '#challenge=a%20b%3Cc']) {
			expect(challengeIn(fragment)).toBeNull();
		}
	});

	it('waits in memory until it is released', () => {
		hold({ challenge: 'qc_abc', methods: ['totp'] });
		expect(waiting()?.challenge).toBe('qc_abc');
		release();
		expect(waiting()).toBeNull();
	});
});
