import { describe, expect, it } from 'vitest';
import { askHealth } from './ask';

const answers = (ready: number, body: unknown) =>
	(async (path: string) =>
		path.endsWith('ready')
			? new Response(JSON.stringify(body), { status: ready })
			: new Response('{"status":"ok","version":"1.2.3"}')) as typeof fetch;

describe('the status of the server', () => {
	it('is what the server says, also when it is not ready', async () => {
		const body = { status: 'down', checks: { database: 'down', jobs: 'ok' } };
		expect(await askHealth(answers(503, body), () => 5)).toMatchObject({
			answered: true,
			version: '1.2.3',
			state: 'down',
			checks: [
				['database', 'down'],
				['jobs', 'ok'],
			],
			ms: 0,
		});
	});

	it('is unknown when nothing or something else answers', async () => {
		expect((await askHealth(answers(502, {}))).answered).toBe(false);
		const refused = (() => Promise.reject(new TypeError('refused'))) as typeof fetch;
		expect((await askHealth(refused)).answered).toBe(false);
		const garbled = (async () => new Response('<html>')) as typeof fetch;
		expect((await askHealth(garbled)).answered).toBe(false);
	});
});
