// What a server would answer to the pages of the gateway, as gateway-pages.mjs needs it.
import { id } from './settings-answers.mjs';

const NOW = Date.now();
const ago = (hours) => new Date(NOW - hours * 3_600_000).toISOString();
const list = (data) => ({ body: { data, pagination: { next_cursor: null, has_more: false } } });
export const TOKEN = 'qk_live_0198a000abcd_Zx8vQm2LkP0sT5rW9yB3nC6dF1gH4jK7a1B2c3';

const key = (number, name, more = {}) => ({
	id: id(number),
	name,
	environment: 'live',
	prefix: 'qk_live_0198a000',
	last_four: 'wxyz',
	scopes: ['model:use', 'model:read'],
	models: [],
	allowed_ips: [],
	requests_per_minute: null,
	max_concurrency: null,
	monthly_budget_microusd: null,
	created_at: ago(700),
	user_id: id(1),
	last_used_at: null,
	expires_at: null,
	rotated_at: null,
	previous_until: null,
	revoked_at: null,
	status: 'active',
	...more,
});

const figures = (requests, errors = 0) => ({
	requests,
	attempts: requests + errors,
	errors,
	cache_hits: 0,
	tokens_in: requests * 1200,
	tokens_out: requests * 340,
	tokens_cached: requests * 400,
	tokens_cache_write: 0,
	tokens_reasoning: requests * 40,
	cost_microusd: requests * 4_321,
	unpriced: 0,
	latency_ms: 840.5,
	first_token_ms: 320,
});

/** So many days up to today, the weekends quiet. */
const series = (days) =>
	Array.from({ length: days }, (_, index) => ({
		start: ago(24 * (days - 1 - index)),
		...figures(index % 7 > 4 ? 0 : 40 + ((index * 37) % 90), index % 5 === 0 ? 6 : 0),
	}));

const request = (number, more = {}) => ({
	id: id(300 + number),
	started_at: ago(number),
	key_id: id(201),
	key_name: 'Nightly report',
	user_id: id(1),
	attempt: 1,
	route: 'fast',
	model: 'openai/gpt-5-mini',
	endpoint: '/v1/chat/completions',
	purpose: 'api',
	status: 'answered',
	http_status: 200,
	tokens_in: 1200,
	tokens_out: 340,
	tokens_cached: 400,
	tokens_cache_write: 0,
	tokens_reasoning: 40,
	cost_microusd: 4_321,
	latency_ms: 1840,
	first_token_ms: 320,
	streamed: true,
	request_id: id(400 + number),
	...more,
});

/** The table of a person with keys and some use of them. */
export function gatewayAnswers() {
	return {
		'GET /keys': list([
			key(200, 'Old script', { status: 'revoked', revoked_at: ago(100) }),
			key(201, 'Nightly report', {
				last_used_at: ago(2),
				expires_at: ago(-900),
				models: ['fast', 'openai/*'],
				allowed_ips: ['10.0.0.0/8'],
				requests_per_minute: 60,
				monthly_budget_microusd: 12_500_000,
			}),
			key(202, 'A key whose name somebody made rather long on purpose', {
				environment: 'test',
				user_id: id(3),
			}),
		]),
		'POST /keys': { status: 201, body: { key: key(203, 'Editor'), token: TOKEN } },
		[`PATCH /keys/${id(201)}`]: { body: key(201, 'Nightly report') },
		[`POST /keys/${id(201)}/rotate`]: {
			body: { key: key(201, 'Nightly report'), token: TOKEN },
		},
		[`DELETE /keys/${id(202)}`]: { status: 204 },
		'GET /usage/summary': {
			body: {
				from: ago(720),
				to: ago(0),
				...figures(2143, 36),
				cache_hits: 12,
				unpriced: 343,
				grain: 'day',
				series: series(30),
			},
		},
		'GET /usage/by-model': list([
			{ id: 'openai/gpt-5-mini', ...figures(1800, 30) },
			{
				id: 'ollama/a-model-with-a-rather-long-name:70b-instruct-q4',
				...figures(343, 6),
				cost_microusd: null,
			},
		]),
		'GET /usage/by-key': list([
			{ id: id(201), key_name: 'Nightly report', ...figures(1500) },
			// A key that is no more has no name.
			{ id: id(209), ...figures(643) },
		]),
		'GET /usage/by-endpoint': list([
			{ id: '/v1/chat/completions', ...figures(1500) },
			{ id: '', ...figures(643) },
		]),
		'GET /usage/requests': (search) => ({
			body: search.includes('cursor')
				? {
						data: [request(3, { status: 'rate_limited' })],
						pagination: { next_cursor: null, has_more: false },
					}
				: {
						data: [
							request(1),
							request(2, {
								status: 'failed',
								attempt: 2,
								tokens_in: null,
								tokens_out: null,
								cost_microusd: null,
							}),
						],
						pagination: { next_cursor: 'next', has_more: true },
					},
		}),
		'GET /usage/quota': {
			body: {
				data: [
					{ feature: 'api_requests', used: 2143, limit: 10_000, resets_at: ago(-240) },
					{ feature: 'board_sessions', used: 50, limit: 50, resets_at: ago(-240) },
					{ feature: 'solve_sessions', used: 4, limit: null, resets_at: null },
				],
			},
		},
		'GET /budgets': {
			body: {
				data: [
					{
						scope: 'organization',
						subject: '',
						period: 'month',
						cap_microusd: 50_000_000,
						spent_microusd: 9_259_903,
						reserved_microusd: 500_000,
						resets_at: ago(-240),
					},
					{
						scope: 'key',
						subject: id(201),
						period: 'total',
						cap_microusd: 5_000_000,
						spent_microusd: 5_000_000,
						reserved_microusd: 0,
						resets_at: null,
					},
				],
			},
		},
		'PUT /budgets': { body: { data: [] } },
	};
}
