import type { Redaction, Share } from '$lib/api/types';
import { m } from '$lib/paraglide/messages.js';

/** The server's limits (docs/decisions.md). */
export const LIMITS = { words: 50, leastChars: 2, mostChars: 80, open: 20 };
/** For how many days a link may be made here; the API takes any from 1 to 365. */
export const LIVES = [7, 30, 90, 365] as const;
export const USUAL_DAYS = 30;

/** A link as it is chosen. */
export interface ShareDraft {
	days: string;
	hideProblem: boolean;
	showContext: boolean;
	hideNames: boolean;
	/** One word, or some that stand together, in each line. */
	words: string;
}

export const emptyShare = (): ShareDraft => ({
	days: String(USUAL_DAYS),
	hideProblem: false,
	showContext: false,
	hideNames: false,
	words: '',
});

/** The words to black out, each once. */
export function wordsOf(text: string): string[] {
	const words = text
		.split('\n')
		.map((line) => line.trim())
		.filter((line) => line !== '');
	return [...new Set(words)];
}

export function wordsFault(text: string): string | undefined {
	const words = wordsOf(text);
	if (words.length > LIMITS.words) return m.share_words_many({ most: LIMITS.words });
	const bad = words.find(
		(word) => [...word].length < LIMITS.leastChars || [...word].length > LIMITS.mostChars,
	);
	return bad === undefined
		? undefined
		: m.share_words_length({
				word: [...bad].slice(0, 24).join(''),
				least: LIMITS.leastChars,
				most: LIMITS.mostChars,
			});
}

export function requestOf(draft: ShareDraft): { expires_in_days: number; redact: Redaction } {
	return {
		expires_in_days: Number(draft.days),
		redact: {
			hide_problem: draft.hideProblem,
			// What hides the problem hides what was given with it.
			show_context: draft.showContext && !draft.hideProblem,
			hide_names: draft.hideNames,
			hide_words: wordsOf(draft.words),
		},
	};
}

/** Whether a link still leads anywhere. */
export const isOpen = (share: Pick<Share, 'revoked_at' | 'expires_at'>, now: Date) =>
	!share.revoked_at && new Date(share.expires_at) > now;

/** What readers of a link are not shown, or are, in words. */
export function redactionNames(redact: Redaction): string[] {
	const words = redact.hide_words?.length ?? 0;
	return [
		...(redact.hide_problem ? [m.share_without_problem()] : []),
		...(redact.show_context ? [m.share_with_context()] : []),
		...(redact.hide_names ? [m.share_without_names()] : []),
		...(words > 0 ? [m.share_without_words({ count: words })] : []),
	];
}

/** The page of a link. The API's address says under which name the server is reached from outside. */
export function pageOf(token: string, url: string): string {
	return `${new URL(url).origin}/shared/${encodeURIComponent(token)}`;
}
