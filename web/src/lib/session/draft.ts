import type { Mode } from '$lib/api/types';

/** The new-session form as it is typed. Kept for this tab only, so that an expired log-in loses nothing. */
export interface Draft {
	problem: string;
	budget: string;
	timeline: string;
	constraints: string;
	mode: Mode;
	personas: string[];
	clarify: boolean;
	lean: string;
}

const KEY = 'quorate.draft';

export function emptyDraft(): Draft {
	return {
		problem: '',
		budget: '',
		timeline: '',
		constraints: '',
		mode: 'standard',
		personas: [],
		clarify: false,
		lean: '',
	};
}

/** The draft of this tab; what is stored in another shape counts as none. */
export function readDraft(storage: Pick<Storage, 'getItem'> = sessionStorage): Draft {
	const draft = emptyDraft();
	try {
		const stored: unknown = JSON.parse(storage.getItem(KEY) ?? 'null');
		if (stored && typeof stored === 'object') {
			for (const [name, fallback] of Object.entries(draft)) {
				const value = (stored as Record<string, unknown>)[name];
				if (typeof value === typeof fallback && Array.isArray(value) === Array.isArray(fallback)) {
					Object.assign(draft, { [name]: value });
				}
			}
		}
	} catch {
		// Blocked storage or a broken value: begin with an empty form.
	}
	return draft;
}

export function keepDraft(draft: Draft) {
	try {
		sessionStorage.setItem(KEY, JSON.stringify(draft));
	} catch {
		// The draft then lives only as long as the page.
	}
}

export function dropDraft() {
	try {
		sessionStorage.removeItem(KEY);
	} catch {
		// Nothing was kept.
	}
}
