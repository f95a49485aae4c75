import type { Mode } from '$lib/api/types';

/** A field of the context that the user named. */
export interface OwnField {
	name: string;
	value: string;
}

/** A new session as it is typed. Kept in this browser for its account, so that nothing typed is lost. */
export interface Draft {
	problem: string;
	budget: string;
	timeline: string;
	constraints: string;
	fields: OwnField[];
	mode: Mode;
	personas: string[];
	clarify: boolean;
	/** It cannot be undone. */
	oneWay: boolean;
	/** One model alone is asked as well. */
	baseline: boolean;
	/** The most discussion rounds; 0 leaves it to the depth. */
	maxRounds: number;
	/** For operators: the model route to use, and the most that it may cost in dollars; empty for the server's own. */
	route: string;
	ceiling: string;
	lean: string;
}

const KEY = 'quorate.draft.';
const keyOf = (account: string) => `${KEY}${account}`;

export function emptyDraft(): Draft {
	return {
		problem: '',
		budget: '',
		timeline: '',
		constraints: '',
		fields: [],
		mode: 'standard',
		personas: [],
		clarify: false,
		oneWay: false,
		baseline: false,
		maxRounds: 0,
		route: '',
		ceiling: '',
		lean: '',
	};
}

/** A ceiling as people write it, in dollars; null where there is none or it is no number. */
export function ceilingOf(text: string): number | null {
	const plain = text.trim().replace(',', '.');
	return /^\d{1,7}(\.\d{1,6})?$/.test(plain) ? Number(plain) : null;
}

/** Whether anything was typed or chosen. */
export function isEmpty(draft: Draft): boolean {
	return JSON.stringify(draft) === JSON.stringify(emptyDraft());
}

function isField(value: unknown): value is OwnField {
	const field = value as Partial<OwnField> | null;
	return typeof field?.name === 'string' && typeof field.value === 'string';
}

/** The draft of an account; what is stored in another shape counts as none. */
export function readDraft(account: string, storage?: Pick<Storage, 'getItem'>): Draft {
	const draft = emptyDraft();
	try {
		const stored: unknown = JSON.parse((storage ?? localStorage).getItem(keyOf(account)) ?? 'null');
		if (stored && typeof stored === 'object') {
			for (const [name, fallback] of Object.entries(draft)) {
				const value = (stored as Record<string, unknown>)[name];
				if (typeof value === typeof fallback && Array.isArray(value) === Array.isArray(fallback)) {
					Object.assign(draft, { [name]: value });
				}
			}
			draft.fields = draft.fields.filter(isField);
			draft.personas = draft.personas.filter((code) => typeof code === 'string');
		}
	} catch {
		// Blocked storage or a broken value: begin with an empty form.
	}
	return draft;
}

/** Keeps the draft; an empty one leaves nothing behind. */
export function keepDraft(account: string, draft: Draft) {
	if (isEmpty(draft)) return dropDraft(account);
	try {
		localStorage.setItem(keyOf(account), JSON.stringify(draft));
	} catch {
		// The draft then lives only as long as the page.
	}
}

export function dropDraft(account: string) {
	try {
		localStorage.removeItem(keyOf(account));
	} catch {
		// Nothing was kept.
	}
}
