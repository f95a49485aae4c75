import type { RequestFilter, UsageRequest } from '$lib/gateway/types';
import { own } from '$lib/named';
import { m } from '$lib/paraglide/messages.js';
import type { Tone } from '$lib/ui/Badge.svelte';

export const PURPOSES = ['board', 'solve', 'chat', 'task', 'api'] as const;
export const STATUSES = ['answered', 'cached', 'cancelled', 'failed'] as const;
export const ANY: RequestFilter = { model: '', key: '', status: '', purpose: '' };

/** What a call was for. A word that this page does not know is shown as it is. */
export function purposeName(purpose: string): string {
	const all: Record<string, () => string> = {
		board: m.purpose_board,
		solve: m.purpose_solve,
		chat: m.purpose_chat,
		task: m.purpose_task,
		api: m.purpose_api,
	};
	return own(all, purpose)?.() ?? purpose;
}

/** How a call ended. Every word that is not known is a way to fail, and shown as it is. */
export function ending(status: string): { text: string; tone: Tone } {
	const all: Record<string, { text: () => string; tone: Tone }> = {
		answered: { text: m.ending_answered, tone: 'baize' },
		cached: { text: m.ending_cached, tone: 'slate' },
		cancelled: { text: m.ending_cancelled, tone: 'plain' },
		failed: { text: m.ending_failed, tone: 'oxblood' },
	};
	const known = own(all, status);
	return known
		? { text: known.text(), tone: known.tone }
		: { text: status.replaceAll('_', ' '), tone: 'oxblood' };
}

/** The tokens of a call, in and out; null when nobody counted them. */
export function tokensOf(request: UsageRequest): number | null {
	const { tokens_in, tokens_out } = request;
	if (typeof tokens_in !== 'number' && typeof tokens_out !== 'number') return null;
	return (tokens_in ?? 0) + (tokens_out ?? 0);
}
