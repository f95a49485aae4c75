import { describe, expect, it } from 'vitest';
import { codeDigits, codeWhole, recoveryCode, recoveryPossible } from './code';

describe('a six-digit code', () => {
	it.each([
		['123456', '123456'],
		['123 456', '123456'],
		[' 123-456\n', '123456'],
		['Your code is 123456.', '123456'],
		['１２３４５６', '123456'],
		['1234567890', '123456'],
		['12a3', '123'],
		['', ''],
	])('reads %j as %j', (text, code) => {
		expect(codeDigits(text)).toBe(code);
	});

	it('is whole at six digits and not before', () => {
		expect(['', '12345', '123456'].map(codeWhole)).toEqual([false, false, true]);
	});
});

describe('a recovery code', () => {
	it.each([
		['abcd-efgh-2345', 'abcd-efgh-2345'],
		['  ABCD-EFGH-2345 ', 'abcd-efgh-2345'],
		['abcd–efgh—2345', 'abcd-efgh-2345'],
		['abcd efgh 2345', 'abcdefgh2345'],
		['abcd--efgh-', 'abcd-efgh'],
		['ａｂｃｄ－ｅｆｇｈ', 'abcd-efgh'],
	])('reads %j as %j', (text, code) => {
		expect(recoveryCode(text)).toBe(code);
	});

	it('is not sent when it cannot be one', () => {
		expect(recoveryPossible('abcd-efg')).toBe(false);
		expect(recoveryPossible('abcd-efgh')).toBe(true);
	});
});
