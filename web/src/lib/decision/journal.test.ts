import { expect, it } from 'vitest';
import type { JournalEntry, OutcomeVerdict } from '$lib/api/types';
import { filterOf, fits, summaryOf, titleOf } from './journal';

const NOW = new Date('2026-03-10T12:00:00Z');
const PAST = '2026-03-01T09:00:00Z';

function entry(
	id: string,
	course: 'go' | 'no_go',
	verdict: OutcomeVerdict | null = null,
	review: string | null = null,
): JournalEntry {
	return {
		session_id: id,
		title: null,
		problem_statement: `Question ${id}`,
		decision: {
			course,
			proposals: [],
			decision: 'So be it.',
			reasons: '',
			decided_by: 'x',
			decided_at: PAST,
		},
		earlier: [],
		review_at: review,
		outcome: verdict && { verdict, lessons: '', recorded_by: 'x', recorded_at: PAST },
	};
}

const ENTRIES = [
	entry('due', 'go', null, PAST),
	entry('later', 'go', null, '2027-01-01T09:00:00Z'),
	entry('early', 'no_go', 'too_early', PAST),
	entry('well', 'go', 'successful'),
	entry('partly', 'no_go', 'partial'),
	entry('badly', 'go', 'unsuccessful'),
];
const shown = (filter: Parameters<typeof fits>[1], course: Parameters<typeof fits>[2] = '') =>
	ENTRIES.filter((one) => fits(one, filter, course, NOW)).map((one) => one.session_id);

it('shows what is asked for', () => {
	expect(shown('all')).toHaveLength(6);
	expect(shown('due')).toEqual(['due', 'early']);
	expect(shown('open')).toEqual(['due', 'later', 'early']);
	expect(shown('known')).toEqual(['well', 'partly', 'badly']);
	expect(shown('known', 'no_go')).toEqual(['partly']);
});

it('reads a filter from an address, and shows all for what is none', () => {
	expect(['due', 'known', 'nonsense', null].map(filterOf)).toEqual(['due', 'known', 'all', 'all']);
});

it('counts a part of success as half', () => {
	expect(summaryOf(ENTRIES, NOW)).toEqual({ decided: 6, open: 3, due: 2, known: 3, well: 1.5 });
	expect(summaryOf([], NOW)).toEqual({ decided: 0, open: 0, due: 0, known: 0, well: 0 });
});

it('calls a decision by the name of its session, or else by its question', () => {
	expect(titleOf({ title: ' Lisbon ', problem_statement: 'Should we?' })).toBe('Lisbon');
	expect(titleOf({ title: ' ', problem_statement: 'Should we?' })).toBe('Should we?');
});
