// The words of the gateway, after its contract. When openapi.json has them, `npm run api` makes this file needless.

/** Where a key is used: real work, or trying things out. Only its name differs. */
export type Environment = 'live' | 'test';

/** An API key without its secret. */
export interface ApiKey {
	id: string;
	name: string;
	environment: Environment;
	/** The beginning of the token, that people recognise it by. */
	prefix: string;
	last_four: string;
	scopes: string[];
	/** Names of models and routes with `*`; none allows all. */
	models: string[];
	/** Addresses and networks it may be used from; none allows all. */
	allowed_ips: string[];
	requests_per_minute?: number | null;
	max_concurrency?: number | null;
	/** The most a month in millionths of a dollar. */
	monthly_budget_microusd?: number | null;
	created_at: string;
	/** Whose it is: what it may do never exceeds what they may. */
	user_id: string;
	last_used_at?: string | null;
	expires_at?: string | null;
	revoked_at?: string | null;
	/** Until when the secret before the last rotation works. */
	previous_until?: string | null;
	status: string;
}

/** What may be changed about a key. Null takes a limit away; what is left out stays. */
export interface KeyChange {
	name?: string;
	scopes?: string[];
	models?: string[];
	allowed_ips?: string[];
	expires_at?: string | null;
	requests_per_minute?: number | null;
	max_concurrency?: number | null;
	monthly_budget_microusd?: number | null;
}

export interface NewKey extends KeyChange {
	name: string;
	environment: Environment;
	scopes: string[];
}

/** A key with its secret, which is shown this one time. */
export interface MadeKey {
	key: ApiKey;
	token: string;
}

/** What requests add up to. A cost is null where none is known, and missing for those who may not see it. */
export interface Figures {
	requests: number;
	/** A call that was tried again has several. */
	attempts: number;
	/** Attempts that failed. */
	errors: number;
	cache_hits: number;
	tokens_in: number;
	tokens_out: number;
	tokens_cached: number;
	cost_microusd?: number | null;
	/** Attempts whose cost is unknown, which the cost therefore lacks. */
	unpriced: number;
	/** The mean of an attempt. */
	latency_ms?: number | null;
	first_token_ms?: number | null;
}

/** An hour, a day or a month, from `start` on. */
export interface Step extends Figures {
	start: string;
}

export interface UsageSummary extends Figures {
	from: string;
	to: string;
	grain: string;
	/** The hours, days or months of the time, the empty ones too. */
	series: Step[];
}

/** A model, a key or an endpoint with what it was used for. */
export interface UsageGroup extends Figures {
	/** The model's name, the key's id or the endpoint's path; empty for the server's own work. */
	id: string;
}

/** One attempt of one call as the ledger keeps it (GTW-13). */
export interface UsageRequest {
	id: string;
	started_at: string;
	/** Which attempt of the call, from 1. */
	attempt: number;
	key_id?: string | null;
	route: string;
	model: string;
	endpoint: string;
	purpose: string;
	/** How it ended: `answered`, `cached`, `cancelled` or why it failed. */
	status: string;
	http_status?: number | null;
	tokens_in?: number | null;
	tokens_out?: number | null;
	cost_microusd?: number | null;
	latency_ms: number;
	first_token_ms?: number | null;
	streamed: boolean;
	request_id: string;
}

export interface RequestFilter {
	model: string;
	key: string;
	status: string;
	purpose: string;
}

/** How much of what the plan holds is used. */
export interface Meter {
	feature: string;
	used: number;
	limit?: number | null;
	resets_at?: string | null;
}

/** The most that may be spent by an organization, a key or for a purpose. */
export interface Budget {
	scope: 'organization' | 'key' | 'purpose';
	/** Which key or purpose; empty for the organization. */
	subject: string;
	period: 'month' | 'total';
	cap_microusd: number;
	spent_microusd: number;
	resets_at?: string | null;
}

/** What is needed to set a budget. */
export type NewBudget = Pick<Budget, 'scope' | 'subject' | 'period' | 'cap_microusd'>;
