import type { Problem } from '$lib/api/problem';
import { m } from '$lib/paraglide/messages.js';

/** IDN-4. The list of common passwords and the strength check are the server's. */
export const PASSWORD_MINIMUM = 8;

/** What the page can tell about an address before asking the server. */
export function checkAddress(email: string): Record<string, string> {
	return /^\S+@\S+$/.test(email.trim()) ? {} : { email: m.auth_email_wrong() };
}

/** What the page can tell about the fields before asking the server. */
export function checkCredentials(email: string, password: string, minimum: number): Record<string, string> {
	const wrong = checkAddress(email);
	if ([...password].length < minimum) {
		wrong.password = minimum > 1 ? m.auth_password_short({ minimum }) : m.auth_password_missing();
	}
	return wrong;
}

/** The same for a new password alone. */
export function checkNewPassword(password: string): Record<string, string> {
	const minimum = PASSWORD_MINIMUM;
	return [...password].length < minimum ? { password: m.auth_password_short({ minimum }) } : {};
}

/** The server's complaint about a new password: its length was checked here, so it is about its strength or its end. */
export function passwordFault(problem: Problem | null, field = 'password'): string | undefined {
	const said = problem?.field(field);
	return said && (/at most/.test(said) ? m.auth_password_long() : m.auth_password_weak());
}

/** Shown above the form: everything that is not told beside a field already. */
export function aboveTheForm(problem: Problem | null, fields: string[]): Problem | null {
	if (!problem || problem.code !== 'VALIDATION_FAILED') return problem;
	return problem.details.some((detail) => fields.includes(detail.field)) ? null : problem;
}
