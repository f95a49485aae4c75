// The built page with a scripted API behind it: sessions whose events a test hands out one by one over real event
// streams, which it may cut, refuse and let expire. Everything that is not under /api comes from the real server.
import { createServer, request as forward } from 'node:http';
import { freePort } from './server.mjs';
import { answers, refusal } from './settings-answers.mjs';

export async function boardServer(upstream, { port: wanted, table = {} } = {}) {
	const { hostname, port: behind } = new URL(upstream);
	const calls = { ...answers(), ...table };
	const sessions = new Map();
	const streams = new Set();
	const asked = [];
	const sockets = new Set();
	/** What the server answers to a stream or any call while it is set: a status, or 'down' for a dead socket. */
	let trouble = null;

	const json = (response, status, body) => {
		response.writeHead(status, { 'Content-Type': 'application/json' });
		response.end(status === 204 ? '' : JSON.stringify(body));
	};
	const write = (stream, event) =>
		stream.response.write(`id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
	const ENDS = ['session.completed', 'session.failed', 'session.cancelled'];

	function sessionCall(session, rest, url, response) {
		const after = Number(url.searchParams.get('after') ?? 0);
		if (rest === '') return json(response, 200, { session: session.view() });
		if (rest === '/report') {
			const report = session.report();
			return report ? json(response, 200, { report }) : json(response, 404, refusal(404, 'NOT_FOUND').body);
		}
		if (rest === '/events') {
			const limit = Number(url.searchParams.get('limit') ?? 100);
			const left = session.events.filter((event) => event.sequence > after);
			return json(response, 200, {
				data: left.slice(0, limit),
				pagination: { next_cursor: null, has_more: left.length > limit },
			});
		}
		// Nothing was decided yet, and nobody has a link.
		if (rest === '/decision')
			return json(response, 200, {
				session_id: session.id,
				decision: null,
				earlier: [],
				review_at: null,
				outcome: null,
			});
		if (rest === '/weighing') return json(response, 200, { weigh_by_record: true, sub_problems: [] });
		if (rest === '/shares')
			return json(response, 200, { data: [], pagination: { next_cursor: null, has_more: false } });
		if (rest !== '/stream') return json(response, 404, refusal(404, 'NOT_FOUND').body);
		if (ENDS.includes(session.events.at(-1)?.type) && after >= session.events.length)
			return json(response, 204);
		response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
		response.write(': hello\n\n');
		const stream = { id: session.id, response };
		streams.add(stream);
		response.on('close', () => streams.delete(stream));
		for (const event of session.events) if (event.sequence > after) write(stream, event);
		if (ENDS.includes(session.events.at(-1)?.type)) response.end();
	}

	async function answer(request, response) {
		const url = new URL(request.url, 'http://here');
		if (!url.pathname.startsWith('/api/')) {
			const passed = forward(
				{
					// A connection of its own: one that is kept may be closed by the other side at any moment.
					agent: false,
					hostname,
					port: behind,
					path: request.url,
					method: request.method,
					headers: { ...request.headers, host: `${hostname}:${behind}` },
				},
				(given) => {
					response.writeHead(given.statusCode, given.headers);
					given.pipe(response);
				},
			);
			passed.on('error', () => response.destroy());
			return request.pipe(passed);
		}
		let text = '';
		for await (const chunk of request) text += chunk;
		const path = url.pathname.replace('/api/v1', '');
		const call = `${request.method} ${path}`;
		asked.push({ call, search: url.search, body: text ? JSON.parse(text) : null });
		if (trouble) {
			const given = trouble(call);
			if (given === 'down') return response.destroy();
			if (given) return json(response, given.status ?? 200, given.body);
		}
		const given = calls[call];
		if (given) {
			const { status = 200, body } = typeof given === 'function' ? given(url.search, asked.at(-1)) : given;
			return json(response, status, body);
		}
		const [, id, rest] = path.match(/^\/sessions\/([\w-]+)(.*)$/) ?? [];
		const session = sessions.get(id);
		if (session && request.method === 'GET') return sessionCall(session, rest, url, response);
		return json(response, 404, refusal(404, 'NOT_FOUND').body);
	}

	const server = createServer((request, response) => void answer(request, response));
	server.on('connection', (socket) => {
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
	});
	const port = wanted ?? (await freePort());
	await new Promise((done) => server.listen(port, '127.0.0.1', done));
	const of = (call) => asked.filter((one) => one.call === call);
	return {
		origin: `http://127.0.0.1:${port}`,
		table: calls,
		/** Puts a session where the page finds it: its scene says what has happened so far. */
		add(scene) {
			sessions.set(scene.id, scene);
			return scene;
		},
		/** Lets the given part of a scene happen, for those who watch and those who come later. */
		play(scene, act) {
			const before = scene.events.length;
			act(scene);
			for (const event of scene.events.slice(before)) {
				for (const stream of streams) if (stream.id === scene.id) write(stream, event);
			}
			if (ENDS.includes(scene.events.at(-1)?.type))
				for (const stream of streams) if (stream.id === scene.id) stream.response.end();
		},
		watchers: (id) => [...streams].filter((stream) => stream.id === id).length,
		/** Cuts every stream in the middle of a message, as a server does that is killed. */
		cut() {
			for (const { response } of streams) {
				response.write('id: 9999\nevent: contribution.delta\ndata: {"type":"contribution.de');
				setTimeout(() => response.destroy(), 20);
			}
		},
		trouble: (decide) => (trouble = decide),
		searches: (call) => of(call).map((one) => one.search),
		bodies: (call) => of(call).map((one) => one.body),
		async stop() {
			for (const socket of sockets) socket.destroy();
			await new Promise((done) => server.close(done));
		},
	};
}
