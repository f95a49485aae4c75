import { isKnownCode, Problem } from '$lib/api/problem';

/**
 * Why a log-in through another service did not come about, from `?error=`. Anybody can write that address, so only codes
 * with a sentence of ours are told; everything else is an unnamed failure of the other service.
 */
export function redirectProblem(code: string | null): Problem | null {
	if (!code) return null;
	// Here it is the address at the other service that nobody has verified.
	if (code === 'EMAIL_NOT_VERIFIED') return new Problem('SOCIAL_NOT_VERIFIED', 0, '');
	return new Problem(isKnownCode(code) ? code : 'SOCIAL_FAILED', 0, '');
}
