import { expect, it } from 'vitest';
import { ceilingOf, emptyDraft, isEmpty, readDraft } from './draft';

const storage = (value: string | null) => ({
	getItem: (key: string) => (key === 'quorate.draft.ada' ? value : null),
});

it('reads back what was kept, for its account only', () => {
	const draft = {
		...emptyDraft(),
		problem: 'Sell the house?',
		personas: ['cfo'],
		fields: [{ name: 'Headcount', value: '12' }],
		clarify: true,
	};
	expect(readDraft('ada', storage(JSON.stringify(draft)))).toEqual(draft);
	expect(readDraft('max', storage(JSON.stringify(draft)))).toEqual(emptyDraft());
	expect(isEmpty(draft)).toBe(false);
});

it.each([
	null,
	'',
	'{',
	'[]',
	'7',
	'{"problem": 7, "personas": "cfo", "clarify": "yes", "more": 1}',
	'{"fields": [7, null, {"name": "a"}], "personas": [7]}',
])('takes %j for an empty draft', (value) => {
	const draft = readDraft('ada', storage(value));
	expect(draft).toEqual(emptyDraft());
	expect(isEmpty(draft)).toBe(true);
});

it('reads a ceiling as people write it, and no other text (BRD-22)', () => {
	expect(['2', '2.50', '0,75', ' 12 '].map(ceilingOf)).toEqual([2, 2.5, 0.75, 12]);
	expect(['', '-1', '1e9', '2 dollars', '1,000.5'].map(ceilingOf)).toEqual([null, null, null, null, null]);
});
