import type { ModelProviderTest } from '$lib/gateway/types';
import { own } from '$lib/named';
import { m } from '$lib/paraglide/messages.js';
import type { PERSONAL, STRATEGIES } from './draft';

/** Names that are the same in every language. */
const KINDS = {
	openai: 'OpenAI',
	anthropic: 'Anthropic',
	gemini: 'Google Gemini',
	xai: 'xAI',
	openrouter: 'OpenRouter',
	mistral: 'Mistral',
	deepseek: 'DeepSeek',
	groq: 'Groq',
	voyage: 'Voyage',
};

/** What a provider speaks; a kind we do not know is called what the server calls it. */
export function kindLabel(kind: string): string {
	if (kind === 'openai-compatible') return m.upstreams_kind_compatible();
	if (kind === 'offline') return m.upstreams_kind_offline();
	return own(KINDS, kind) ?? kind;
}

const STRATEGY: Record<(typeof STRATEGIES)[number], () => string> = {
	priority: m.upstreams_priority,
	weighted: m.upstreams_weighted,
	'least-latency': m.upstreams_least_latency,
	'least-cost': m.upstreams_least_cost,
	sticky: m.upstreams_sticky,
};

export function strategyLabel(strategy: string): string {
	return own(STRATEGY, strategy)?.() ?? strategy;
}

const HIDDEN: Record<(typeof PERSONAL)[number], () => string> = {
	email: m.upstreams_mask_email,
	phone: m.upstreams_mask_phone,
	card: m.upstreams_mask_card,
	iban: m.upstreams_mask_iban,
	ip: m.upstreams_mask_ip,
};

export function personalLabel(kind: string): string {
	return own(HIDDEN, kind)?.() ?? kind;
}

export function sourceLabel(source: string): string {
	if (source === 'added') return m.upstreams_added();
	return source === 'built_in' ? m.upstreams_built_in() : m.upstreams_configured();
}

/** What came of trying a provider out, in a sentence. */
export function testLabel({ reached, latency_ms, models, reason, message }: ModelProviderTest): string {
	const ms = String(latency_ms);
	if (!reached) return m.upstreams_test_failed({ reason: message || reason || '' });
	return typeof models === 'number'
		? m.upstreams_test_models({ ms, models: String(models) })
		: m.upstreams_test_well({ ms });
}
