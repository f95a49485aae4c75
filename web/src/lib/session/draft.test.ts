import { expect, it } from 'vitest';
import { emptyDraft, readDraft } from './draft';

const storage = (value: string | null) => ({ getItem: () => value });

it('reads back what was kept', () => {
	const draft = { ...emptyDraft(), problem: 'Sell the house?', personas: ['cfo'], clarify: true };
	expect(readDraft(storage(JSON.stringify(draft)))).toEqual(draft);
});

it.each([null, '', '{', '[]', '7', '{"problem": 7, "personas": "cfo", "clarify": "yes", "more": 1}'])(
	'takes %j for an empty draft',
	(value) => {
		expect(readDraft(storage(value))).toEqual(emptyDraft());
	},
);
