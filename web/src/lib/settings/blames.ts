import { m } from '$lib/paraglide/messages.js';
import type { Blames } from './submission.svelte';

/** A wrong password of somebody who is signed in already: the address is not in question. */
export const WRONG_PASSWORD: Blames = {
	INVALID_CREDENTIALS: { field: 'password', text: m.settings_password_wrong },
};
export const WRONG_CODE: Blames = { INVALID_CODE: { field: 'code', text: m.errors_INVALID_CODE } };
