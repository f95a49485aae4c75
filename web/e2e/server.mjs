import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const LIMIT_MS = 60_000;

function freePort() {
	return new Promise((done, fail) => {
		const probe = createServer();
		probe.once('error', fail);
		probe.listen(0, '127.0.0.1', () => {
			const { port } = probe.address();
			probe.close(() => done(port));
		});
	});
}

/** Starts the built binary on an empty data directory and a free port; answers when it is live. */
export async function startServer() {
	const binary = resolve(process.env.QUORATE_BIN ?? '../target/debug/quorate');
	const data = await mkdtemp(join(tmpdir(), 'quorate-e2e-'));
	const listen = `127.0.0.1:${await freePort()}`;
	const child = spawn(binary, ['serve', '--data-dir', data, '--listen', listen], {
		stdio: ['ignore', 'pipe', 'pipe'],
		cwd: data,
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

	const origin = `http://${listen}`;
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
	return {
		origin,
		output: () => output,
		/** The token of the one-time link that the server prints at its first start. */
		operatorToken: () => output.match(/\/welcome\?token=([\w.~-]+)/)?.[1] ?? null,
		async stop() {
			child.kill('SIGTERM');
			const killer = setTimeout(() => child.kill('SIGKILL'), 15_000);
			await exit;
			clearTimeout(killer);
			await rm(data, { recursive: true, force: true });
		},
	};
}
