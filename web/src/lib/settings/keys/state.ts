import type { ApiKey } from '$lib/gateway/types';
import { own } from '$lib/named';
import { m } from '$lib/paraglide/messages.js';
import type { Tone } from '$lib/ui/Badge.svelte';

/** Whether a key can still be used, and so changed, rotated and revoked. */
export function alive(key: Pick<ApiKey, 'status'>): boolean {
	return key.status !== 'revoked' && key.status !== 'expired';
}

/** How a key stands. A word that this page does not know is shown as it is. */
export function keyState(status: string): { text: string; tone: Tone } {
	const all: Record<string, { text: () => string; tone: Tone }> = {
		active: { text: m.keys_active, tone: 'baize' },
		expired: { text: m.keys_expired, tone: 'plain' },
		revoked: { text: m.keys_revoked, tone: 'plain' },
	};
	const known = own(all, status);
	return known ? { text: known.text(), tone: known.tone } : { text: status, tone: 'plain' };
}

/** Those in use first, the latest made before older ones. */
export function inOrder(keys: readonly ApiKey[]): ApiKey[] {
	return [...keys].sort(
		(a, b) => Number(alive(b)) - Number(alive(a)) || Date.parse(b.created_at) - Date.parse(a.created_at),
	);
}
