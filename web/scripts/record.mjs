// Records the sessions that the landing page replays: a real server, the offline demo model, the API. Run it anew when
// the events of a session change: `QUORATE_BIN=… node scripts/record.mjs`.
import { writeFileSync } from 'node:fs';
import { startServer } from '../e2e/server.mjs';

const PROBLEMS = {
	en: 'Should we switch to a four-day week?',
	es: '¿Deberíamos pasar a la semana de cuatro días?',
	zh: '我们是否应该改为每周工作四天？',
};
const PERSONAS = [
	'finance_strategist',
	'people_partner',
	'evidence_sceptic',
	'operations_lead',
	'venture_builder',
];
/** What the board's page does not show. */
const UNSHOWN = [
	...['tokens_in', 'tokens_out', 'latency_ms', 'model', 'cached', 'created_at', 'version', 'route'],
	...['draft', 'criteria', 'embedder', 'deadline'],
];

function slim(value) {
	if (Array.isArray(value)) return value.map(slim);
	if (value === null || typeof value !== 'object') return value;
	return Object.fromEntries(
		Object.entries(value)
			.filter(([key, one]) => one !== null && !UNSHOWN.includes(key))
			.map(([key, one]) => [key, slim(one)]),
	);
}

function pack(events) {
	const names = new Map();
	const short = (id) => names.get(id) ?? names.set(id, `c${names.size + 1}`).get(id);
	const kept = [];
	for (const { type, data } of events) {
		if (type === 'session.created') continue;
		if (type !== 'contribution.delta') {
			kept.push({ type, data: slim(data) });
			continue;
		}
		kept.push([data.contribution_id, data.text.length]);
	}
	let text = JSON.stringify(kept);
	for (const [id] of text.matchAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g)) {
		text = text.replaceAll(id, short(id));
	}
	return JSON.parse(text);
}

const server = await startServer();
try {
	const call = async (method, path, body, token) => {
		const answer = await fetch(`${server.origin}/api${path}`, {
			method,
			headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
			body: body && JSON.stringify(body),
		});
		const told = await answer.json();
		if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(told)}`);
		return told;
	};
	const { version } = await call('GET', '/health');
	const { access_token: token } = await call('POST', '/v1/auth/register', {
		email: 'recorder@example.org',
		password: 'seven lamps over the harbour',
	});
	const known = (await call('GET', '/v1/personas', undefined, token)).data.map((persona) => persona.code);
	const personas = PERSONAS.filter((code) => known.includes(code));
	for (const [language, problem] of Object.entries(PROBLEMS)) {
		const { session } = await call(
			'POST',
			'/v1/sessions',
			{ problem_statement: problem, mode: 'standard', personas },
			token,
		);
		await call('POST', `/v1/sessions/${session.id}/deliberation/start`, {}, token);
		let status = 'active';
		while (status === 'active') {
			await new Promise((done) => setTimeout(done, 500));
			({ status } = (await call('GET', `/v1/sessions/${session.id}`, undefined, token)).session);
		}
		if (status !== 'completed') throw new Error(`the session in ${language} is ${status}`);
		const events = [];
		for (let after = 0; ;) {
			const page = await call(
				'GET',
				`/v1/sessions/${session.id}/events?limit=1000&after=${after}`,
				undefined,
				token,
			);
			events.push(...page.data);
			if (!page.pagination.has_more) break;
			after = page.pagination.next_cursor;
		}
		const file = `src/lib/site/replay/recording.${language}.json`;
		const recording = { problem, mode: 'standard', version, events: pack(events) };
		writeFileSync(file, `${JSON.stringify(recording)}\n`);
		console.log(`${file}: ${events.length} events, ${recording.events.length} kept`);
	}
} finally {
	await server.stop();
}
