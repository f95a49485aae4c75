import type {
	Course,
	DecisionView,
	NewDecision,
	NewOutcome,
	OutcomeVerdict,
	SubReport,
} from '$lib/api/types';
import { m } from '$lib/paraglide/messages.js';
import { lengthOf } from '$lib/session/steps';

/** The server's limits (docs/decisions.md). */
export const MOST_TEXT = 4_000;
export const MOST_OPTION = 200;
const MOST_YEARS = 10;
/** At what time of its day one is reminded. */
const MORNING = 9;

/** A decision as it is typed. */
export interface DecisionDraft {
	course: Course | '';
	decision: string;
	reasons: string;
	/** The option's label; empty for none. */
	option: string;
	/** What was decided on single sub-problems; empty where it is what was decided on the whole. */
	parts: Record<number, Course | ''>;
	/** The day to look back, as a date field has it; empty for none. */
	review: string;
}

export interface OutcomeDraft {
	verdict: OutcomeVerdict | '';
	/** 1 to 5; empty where nobody says. */
	surprise: string;
	lessons: string;
	review: string;
}

/** What is wrong, by the API's name of the field. */
export type Faults = Record<string, string | undefined>;

/** A moment as the day of a date field, in the zone of this device. */
export function dayField(moment: Date): string {
	const two = (part: number) => String(part).padStart(2, '0');
	return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

/** The morning of a date field's day; null when it is none. */
export function momentOf(field: string): Date | null {
	const [, year, month, day] = field.match(/^(\d{4})-(\d\d)-(\d\d)$/) ?? [];
	if (!year) return null;
	const moment = new Date(Number(year), Number(month) - 1, Number(day), MORNING);
	return dayField(moment) === field ? moment : null;
}

/** The day so many months on; the last of its month where that has fewer days. */
export function inMonths(months: number, now: Date): string {
	const there = new Date(now.getFullYear(), now.getMonth() + months, 1);
	const last = new Date(there.getFullYear(), there.getMonth() + 1, 0).getDate();
	there.setDate(Math.min(now.getDate(), last));
	return dayField(there);
}

/** The first and the last day that a review may be on. */
export function reviewRange(now: Date): { first: string; last: string } {
	const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
	return { first: dayField(tomorrow), last: inMonths(MOST_YEARS * 12, now) };
}

function reviewFault(field: string, now: Date): string | undefined {
	if (field === '') return undefined;
	const { first, last } = reviewRange(now);
	return momentOf(field) && field >= first && field <= last ? undefined : m.decide_review_wrong();
}

const tooLong = (text: string) =>
	lengthOf(text) > MOST_TEXT ? m.wizard_too_long({ most: MOST_TEXT }) : undefined;

/** The draft to begin with: what stands, where something does. A review that has passed is asked for anew. */
export function draftOf(view: DecisionView | null, now: Date): DecisionDraft {
	const decision = view?.decision;
	const review = view?.review_at ? new Date(view.review_at) : null;
	return {
		course: decision?.course ?? '',
		decision: decision?.decision ?? '',
		reasons: decision?.reasons ?? '',
		option: decision?.chosen_option ?? '',
		parts: Object.fromEntries((decision?.proposals ?? []).map((one) => [one.sub_problem, one.course])),
		review: review && review > now ? dayField(review) : '',
	};
}

/** The options that the board weighed, over all sub-problems, each once. */
export function optionsOf(parts: readonly Pick<SubReport, 'options'>[]): string[] {
	const labels = parts.flatMap(({ options }) => (options ?? []).map(({ label }) => label));
	return [...new Set(labels)].map((label) => [...label].slice(0, MOST_OPTION).join(''));
}

export function decisionFaults(draft: DecisionDraft, now: Date): Faults {
	return {
		course: draft.course === '' ? m.decide_course_missing() : undefined,
		decision: draft.decision.trim() === '' ? m.decide_what_missing() : tooLong(draft.decision),
		reasons: tooLong(draft.reasons),
		review_at: reviewFault(draft.review, now),
	};
}

/** The request that a draft stands for. A part that goes the way of the whole is not named. */
export function decisionRequest(draft: DecisionDraft): NewDecision {
	if (draft.course === '') throw new Error('a decision without a course was not checked');
	const course = draft.course;
	return {
		course,
		decision: draft.decision.trim(),
		reasons: draft.reasons.trim(),
		chosen_option: draft.option || undefined,
		proposals: Object.entries(draft.parts)
			.filter((part): part is [string, Course] => part[1] !== '' && part[1] !== course)
			.map(([index, own]) => ({ sub_problem: Number(index), course: own })),
		review_at: momentOf(draft.review)?.toISOString(),
	};
}

export function outcomeDraft(view: DecisionView): OutcomeDraft {
	return { verdict: '', surprise: '', lessons: view.outcome?.lessons ?? '', review: '' };
}

/** Only what is too early to judge is looked at again. */
export const mayReview = (draft: OutcomeDraft) => draft.verdict === 'too_early';

export function outcomeFaults(draft: OutcomeDraft, now: Date): Faults {
	return {
		verdict: draft.verdict === '' ? m.result_missing() : undefined,
		lessons: tooLong(draft.lessons),
		review_at: mayReview(draft) ? reviewFault(draft.review, now) : undefined,
	};
}

export function outcomeRequest(draft: OutcomeDraft): NewOutcome {
	if (draft.verdict === '') throw new Error('an outcome without a verdict was not checked');
	return {
		verdict: draft.verdict,
		surprise: draft.surprise === '' ? undefined : Number(draft.surprise),
		lessons: draft.lessons.trim(),
		review_at: mayReview(draft) ? momentOf(draft.review)?.toISOString() : undefined,
	};
}

/** Whether the outcome can still be recorded: none is known, or it was too early to say. */
export function isOpen(view: Pick<DecisionView, 'decision' | 'outcome'>): boolean {
	return Boolean(view.decision) && (!view.outcome || view.outcome.verdict === 'too_early');
}

/** Whether the day to look back has come, and nobody knows yet how it turned out. */
export function isDue(view: Pick<DecisionView, 'decision' | 'outcome' | 'review_at'>, now: Date): boolean {
	return isOpen(view) && Boolean(view.review_at) && new Date(view.review_at ?? '') <= now;
}
