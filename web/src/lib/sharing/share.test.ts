import { expect, it } from 'vitest';
import { emptyShare, isOpen, LIMITS, pageOf, redactionNames, requestOf, wordsFault, wordsOf } from './share';

it('hides the context unless told, and with the question always', () => {
	expect(requestOf(emptyShare())).toEqual({
		expires_in_days: 30,
		redact: { hide_problem: false, show_context: false, hide_names: false, hide_words: [] },
	});
	const both = requestOf({ ...emptyShare(), hideProblem: true, showContext: true });
	expect(both.redact).toMatchObject({ hide_problem: true, show_context: false });
});

it('takes a word from each line, once', () => {
	expect(wordsOf(' Acme \n\nBlue Lake\nAcme\n')).toEqual(['Acme', 'Blue Lake']);
	expect(wordsFault('Acme\nBlue Lake')).toBeUndefined();
	expect(wordsFault('')).toBeUndefined();
	expect(wordsFault('A')).toBeTruthy();
	// Characters as the server counts them.
	expect(wordsFault('🦊🦊')).toBeUndefined();
	expect(wordsFault('x'.repeat(LIMITS.mostChars + 1))).toBeTruthy();
	const many = Array.from({ length: LIMITS.words + 1 }, (_, at) => `word ${at}`);
	expect(wordsFault(many.join('\n'))).toBeTruthy();
	expect(wordsFault(many.slice(1).join('\n'))).toBeUndefined();
});

it('knows a link that leads nowhere any more', () => {
	const now = new Date('2026-03-10T00:00:00Z');
	expect(isOpen({ expires_at: '2026-03-11T00:00:00Z' }, now)).toBe(true);
	expect(isOpen({ expires_at: '2026-03-10T00:00:00Z' }, now)).toBe(false);
	expect(isOpen({ expires_at: '2026-03-11T00:00:00Z', revoked_at: '2026-03-09T00:00:00Z' }, now)).toBe(false);
});

it('names what is left out', () => {
	const { redact } = requestOf(emptyShare());
	expect(redactionNames(redact)).toEqual([]);
	const hidden = { ...redact, hide_names: true, hide_problem: true, hide_words: ['a', 'b'] };
	expect(redactionNames(hidden)).toHaveLength(3);
});

it('leads to the page under the name by which the server is reached', () => {
	for (const url of ['https://board.example/api/v1/shared/qs_x', 'https://board.example/shared/qs_x']) {
		expect(pageOf('qs_x', url)).toBe('https://board.example/shared/qs_x');
	}
});
