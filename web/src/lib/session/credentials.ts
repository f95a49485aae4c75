import type { Problem } from '$lib/api/problem';
import { m } from '$lib/paraglide/messages.js';

/** IDN-4. The list of common passwords and the strength check are the server's. */
export const PASSWORD_MINIMUM = 8;

/** What the page can tell about the fields before asking the server. */
export function checkCredentials(email: string, password: string, minimum: number): Record<string, string> {
	const wrong: Record<string, string> = {};
	if (!/^\S+@\S+$/.test(email.trim())) wrong.email = m.auth_email_wrong();
	if ([...password].length < minimum) {
		wrong.password = minimum > 1 ? m.auth_password_short({ minimum }) : m.auth_password_missing();
	}
	return wrong;
}

/** Shown above the form: everything that is not told beside a field already. */
export function aboveTheForm(problem: Problem | null, fields: string[]): Problem | null {
	if (!problem || problem.code !== 'VALIDATION_FAILED') return problem;
	return problem.details.some((detail) => fields.includes(detail.field)) ? null : problem;
}
