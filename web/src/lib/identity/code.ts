/** How many digits an authenticator app shows. */
export const CODE_DIGITS = 6;

/** Full-width digits and letters, as Chinese and Japanese keyboards write them, become plain ones. */
function plain(text: string): string {
	return text.normalize('NFKC');
}

/** What a person typed or pasted into the field of a six-digit code: only its digits, and never more than six. */
export function codeDigits(text: string): string {
	return plain(text).replace(/\D/g, '').slice(0, CODE_DIGITS);
}

/** Whether the code has all its digits. */
export function codeWhole(code: string): boolean {
	return code.length === CODE_DIGITS;
}

/** A recovery code as it was printed: lower case, plain hyphens, no spaces. Paper and word processors change all three. */
export function recoveryCode(text: string): string {
	return plain(text)
		.toLowerCase()
		.replace(/[\u2010-\u2015\u2212\u30fc_]/g, '-')
		.replace(/[^a-z0-9-]/g, '')
		.replace(/-{2,}/g, '-')
		.replace(/^-|-$/g, '');
}

/** Whether it can be a recovery code at all; which ones there are knows the server. */
export function recoveryPossible(code: string): boolean {
	return code.replaceAll('-', '').length >= 8;
}
