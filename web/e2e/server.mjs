import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const LIMIT_MS = 60_000;

/** A port of this machine that nobody listens on. */
export function freePort() {
	return new Promise((done, fail) => {
		const probe = createServer();
		probe.once('error', fail);
		probe.listen(0, '127.0.0.1', () => {
			const { port } = probe.address();
			probe.close(() => done(port));
		});
	});
}

/**
 * Starts the built binary on an empty data directory and a free port; answers when it is live. Browsers reach it under
 * `host`. A port and more of its environment may be given.
 */
export async function startServer({ host = '127.0.0.1', port: wanted, environment = {} } = {}) {
	const binary = resolve(process.env.QUORATE_BIN ?? '../target/debug/quorate');
	const data = await mkdtemp(join(tmpdir(), 'quorate-e2e-'));
	const port = wanted ?? (await freePort());
	const listen = `127.0.0.1:${port}`;
	const origin = `http://${host}:${port}`;
	const child = spawn(binary, ['serve', '--data-dir', data, '--listen', listen], {
		stdio: ['ignore', 'pipe', 'pipe'],
		cwd: data,
		// A browser that is driven clicks faster than a person.
		env: {
			...process.env,
			QUORATE__SERVER__PUBLIC_URL: origin,
			QUORATE__LIMITS__BY_PLAN: 'false',
			...environment,
		},
	});
	let output = '';
	const keep = (chunk) => (output = (output + chunk).slice(-200_000));
	child.stdout.on('data', keep);
	child.stderr.on('data', keep);
	let ended = null;
	const exit = new Promise((done) => {
		child.once('error', (cause) => done((ended = String(cause))));
		child.once('exit', (code, signal) => done((ended = `exit ${code ?? signal}`)));
	});

	const until = Date.now() + LIMIT_MS;
	while (
		!(await fetch(`${origin}/api/health`).then(
			(answer) => answer.ok,
			() => false,
		))
	) {
		if (ended || Date.now() > until) {
			child.kill('SIGKILL');
			await rm(data, { recursive: true, force: true });
			throw new Error(`${binary} did not come up (${ended ?? 'no answer'}):\n${output}`);
		}
		await new Promise((wait) => setTimeout(wait, 100));
	}
	const read = new Set();
	return {
		origin,
		output: () => output,
		/** The token of the one-time link that the server prints at its first start. */
		operatorToken: () => output.match(/\/welcome\?token=([\w.~-]+)/)?.[1] ?? null,
		/**
		 * The path of a link to `page` in a mail to `address`, from the development outbox. Each mail is handed out once;
		 * one that has not come yet is waited for.
		 */
		async linkTo(address, page) {
			const link = new RegExp(`https?://\\S+(/${page}\\?token=[\\w.~-]+)`);
			const last = Date.now() + 20_000;
			for (;;) {
				const names = await readdir(join(data, 'outbox')).catch(() => []);
				for (const name of names.filter((one) => one.endsWith('.json') && !read.has(one))) {
					// A file that is half written is complete the next time.
					const mail = await readFile(join(data, 'outbox', name), 'utf8').then(JSON.parse, () => null);
					const found = mail?.to === address && mail.text.match(link)?.[1];
					if (!found) continue;
					read.add(name);
					return found;
				}
				if (Date.now() > last) throw new Error(`no mail to ${address} with a link to /${page}`);
				await new Promise((wait) => setTimeout(wait, 200));
			}
		},
		async stop() {
			child.kill('SIGTERM');
			const killer = setTimeout(() => child.kill('SIGKILL'), 15_000);
			await exit;
			clearTimeout(killer);
			await rm(data, { recursive: true, force: true });
		},
	};
}
