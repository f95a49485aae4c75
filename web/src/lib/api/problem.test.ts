import { describe, expect, it } from 'vitest';
import { explain, isKnownCode, Problem, readProblem, retryAfterSeconds } from './problem';

const NOW = Date.parse('2026-05-04T10:00:00Z');

describe('retryAfterSeconds', () => {
	it.each([
		['30', 30],
		[' 0 ', 0],
		['Mon, 04 May 2026 10:01:30 GMT', 90],
		['Mon, 04 May 2026 09:00:00 GMT', 0],
		['', null],
		['-5', null],
		['1.5', null],
		['1e9', null],
		['soon', null],
		['99999999999999', null],
		[null, null],
	])('reads %j as %j', (header, seconds) => {
		expect(retryAfterSeconds(header, NOW)).toBe(seconds);
	});
});

describe('readProblem', () => {
	it('keeps the parameters and the time to wait', () => {
		const body = { error: { code: 'SECOND_FACTOR_REQUIRED', message: '', params: { challenge: 'qc_1' } } };
		expect(readProblem(401, body).params).toEqual({ challenge: 'qc_1' });
		expect(readProblem(429, { error: { code: 'RATE_LIMITED' } }, null, '12').retryAfter).toBe(12);
	});

	it('has no parameters when they are none', () => {
		expect(readProblem(401, { error: { code: 'X', params: 'nonsense' } }).params).toEqual({});
	});

	it('names what a proxy says in its own words', () => {
		expect(readProblem(429, '<html>', null, '7')).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 7 });
		expect(readProblem(418, null).code).toBe('INTERNAL');
	});
});

it('explains no word of the language as if it were a code', () => {
	for (const code of ['constructor', 'toString', '__proto__']) {
		expect(isKnownCode(code)).toBe(false);
		expect(explain(new Problem(code, 0, 'as the server said'))).toBe('as the server said');
	}
});

it('tells a complaint about an entry of a list at the list, and at no other field', () => {
	const problem = new Problem('VALIDATION_FAILED', 400, '', [{ field: 'scopes[1]', message: 'is too much' }]);
	expect(problem.field('scopes')).toBe('is too much');
	expect(problem.field('scope')).toBeUndefined();
});
