import { describe, expect, it } from 'vitest';
import type { DecisionRecord, DecisionView } from '$lib/api/types';
import {
	decisionFaults,
	decisionRequest,
	draftOf,
	inMonths,
	isDue,
	isOpen,
	MOST_OPTION,
	MOST_TEXT,
	momentOf,
	optionsOf,
	outcomeDraft,
	outcomeFaults,
	outcomeRequest,
	reviewRange,
} from './draft';

const NOW = new Date(2026, 2, 10, 12, 30);

const record = (more: Partial<DecisionRecord> = {}): DecisionRecord => ({
	course: 'go_with_changes',
	proposals: [],
	decision: 'We move in spring.',
	reasons: 'The lease.',
	chosen_option: null,
	decided_by: 'somebody',
	decided_at: '2026-03-01T09:00:00Z',
	...more,
});

const view = (more: Partial<DecisionView> = {}): DecisionView => ({
	session_id: 's',
	decision: record(),
	earlier: [],
	review_at: null,
	outcome: null,
	...more,
});

const outcome = (verdict: 'successful' | 'too_early') => ({
	verdict,
	surprise: 2,
	lessons: 'Ask earlier.',
	recorded_by: 'somebody',
	recorded_at: '2026-03-05T09:00:00Z',
});

describe('days', () => {
	it('reads only days that there are', () => {
		expect(momentOf('2026-06-01')).toEqual(new Date(2026, 5, 1, 9));
		for (const none of ['', '2026-02-30', '2026-13-01', '1.6.2026']) expect(momentOf(none), none).toBeNull();
	});

	it('counts months without falling into the next one', () => {
		expect(inMonths(3, NOW)).toBe('2026-06-10');
		expect(inMonths(12, NOW)).toBe('2027-03-10');
		expect(inMonths(1, new Date(2026, 0, 31))).toBe('2026-02-28');
		expect(inMonths(1, new Date(2028, 0, 31))).toBe('2028-02-29');
	});

	it('lets one look back from tomorrow on, for ten years', () => {
		expect(reviewRange(NOW)).toEqual({ first: '2026-03-11', last: '2036-03-10' });
	});
});

describe('a decision', () => {
	it('begins empty, and as it stands when it is changed', () => {
		expect(draftOf(null, NOW)).toEqual({
			course: '',
			decision: '',
			reasons: '',
			option: '',
			parts: {},
			review: '',
		});
		const draft = draftOf(
			view({
				decision: record({ chosen_option: 'A', proposals: [{ sub_problem: 1, course: 'no_go' }] }),
				review_at: new Date(2026, 5, 1, 9).toISOString(),
			}),
			NOW,
		);
		expect(draft).toMatchObject({ option: 'A', parts: { 1: 'no_go' }, review: '2026-06-01' });
	});

	it('asks anew for a day that has passed, since the server takes only those to come', () => {
		expect(draftOf(view({ review_at: '2026-03-01T09:00:00Z' }), NOW).review).toBe('');
	});

	it('needs a course and a text, both within the limits', () => {
		const empty = draftOf(null, NOW);
		expect(
			Object.entries(decisionFaults(empty, NOW)).flatMap(([name, fault]) => (fault ? name : [])),
		).toEqual(['course', 'decision']);
		const long = {
			...empty,
			course: 'go' as const,
			decision: 'x'.repeat(MOST_TEXT + 1),
			reasons: '🦊'.repeat(MOST_TEXT),
			review: '2026-03-10',
		};
		expect(Object.entries(decisionFaults(long, NOW)).flatMap(([name, fault]) => (fault ? name : []))).toEqual(
			['decision', 'review_at'],
		);
	});

	it('names a part only where it goes another way', () => {
		const request = decisionRequest({
			course: 'go',
			decision: ' We move. ',
			reasons: '',
			option: '',
			parts: { 0: 'go', 1: 'no_go', 2: '' },
			review: '2026-06-01',
		});
		expect(request).toEqual({
			course: 'go',
			decision: 'We move.',
			reasons: '',
			chosen_option: undefined,
			proposals: [{ sub_problem: 1, course: 'no_go' }],
			review_at: new Date(2026, 5, 1, 9).toISOString(),
		});
	});

	it('offers each option once, as long as the server takes it', () => {
		const option = (label: string) => ({ label }) as never;
		const long = 'x'.repeat(MOST_OPTION + 40);
		expect(
			optionsOf([{ options: [option('Move'), option(long)] }, { options: [option('Move')] }, {}]),
		).toEqual(['Move', 'x'.repeat(MOST_OPTION)]);
	});
});

describe('an outcome', () => {
	it('may be looked at again only when it is too early to say', () => {
		const draft = { ...outcomeDraft(view()), verdict: 'successful' as const, review: '2026-06-01' };
		expect(outcomeRequest(draft)).toEqual({
			verdict: 'successful',
			surprise: undefined,
			lessons: '',
			review_at: undefined,
		});
		const early = { ...draft, verdict: 'too_early' as const, surprise: '4' };
		expect(outcomeRequest(early)).toMatchObject({
			surprise: 4,
			review_at: new Date(2026, 5, 1, 9).toISOString(),
		});
		expect(outcomeFaults({ ...early, review: '2020-01-01' }, NOW).review_at).toBeTruthy();
		expect(outcomeFaults({ ...draft, review: '2020-01-01' }, NOW).review_at).toBeUndefined();
		expect(outcomeFaults(outcomeDraft(view()), NOW).verdict).toBeTruthy();
	});

	it('stays open until it is known', () => {
		expect(isOpen(view({ decision: null }))).toBe(false);
		expect(isOpen(view())).toBe(true);
		expect(isOpen(view({ outcome: outcome('too_early') }))).toBe(true);
		expect(isOpen(view({ outcome: outcome('successful') }))).toBe(false);
	});

	it('is due once its day has come and while nobody knows it', () => {
		const past = '2026-03-01T09:00:00Z';
		expect(isDue(view(), NOW)).toBe(false);
		expect(isDue(view({ review_at: past }), NOW)).toBe(true);
		expect(isDue(view({ review_at: '2027-01-01T09:00:00Z' }), NOW)).toBe(false);
		expect(isDue(view({ review_at: past, outcome: outcome('successful') }), NOW)).toBe(false);
	});
});
