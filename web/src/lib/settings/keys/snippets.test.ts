import { expect, it } from 'vitest';
import { snippets } from './snippets';

it('names this server and the key in each language', () => {
	const all = snippets('https://board.example', 'qk_live_a_b');
	expect(all.map(({ id }) => id)).toEqual(['curl', 'python', 'javascript']);
	for (const { code } of all) {
		expect(code).toContain('https://board.example/v1');
		expect(code).toContain('qk_live_a_b');
	}
});

it('sends a body that is JSON', () => {
	const body = /-d '(.*)'/.exec(snippets('https://board.example', 'x')[0]?.code ?? '')?.[1] ?? '';
	expect(JSON.parse(body)).toMatchObject({ messages: [{ role: 'user' }] });
});
