import { browserStorage } from '../storage';

const MOST = 5;
const key = (user: string) => `quorate.recent.${user}`;

/** The ids of what was chosen last, newest first. Only ids are kept: what sessions are about stays with the server. */
export function recent(user: string): string[] {
	const kept = browserStorage.readJson(key(user));
	return Array.isArray(kept) ? kept.filter((id) => typeof id === 'string').slice(0, MOST) : [];
}

export function remember(user: string, id: string) {
	browserStorage.writeJson(key(user), [id, ...recent(user).filter((one) => one !== id)].slice(0, MOST));
}
