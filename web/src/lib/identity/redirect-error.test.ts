import { expect, it } from 'vitest';
import { redirectProblem } from './redirect-error';

it.each([
	[null, undefined],
	['', undefined],
	['SOCIAL_DENIED', 'SOCIAL_DENIED'],
	['ACCOUNT_SUSPENDED', 'ACCOUNT_SUSPENDED'],
	['REGISTRATION_CLOSED', 'REGISTRATION_CLOSED'],
	['EMAIL_NOT_VERIFIED', 'SOCIAL_NOT_VERIFIED'],
	['<img src=x onerror=alert(1)>', 'SOCIAL_FAILED'],
	['Call +1 900 555 to unlock your account', 'SOCIAL_FAILED'],
	['constructor', 'SOCIAL_FAILED'],
])('%j tells of %j', (code, told) => {
	expect(redirectProblem(code)?.code).toBe(told);
	expect(redirectProblem(code)?.message ?? '').toBe('');
});
