import type { Course, JournalEntry } from '$lib/api/types';
import { isDue, isOpen } from './draft';

/** What of the journal is shown. */
export type Filter = 'all' | 'due' | 'open' | 'known';
export const FILTERS: readonly Filter[] = ['all', 'due', 'open', 'known'];

/** Whether an address names a filter; anything else shows all. */
export const filterOf = (raw: string | null): Filter => FILTERS.find((one) => one === raw) ?? 'all';

export function fits(entry: JournalEntry, filter: Filter, course: Course | '', now: Date): boolean {
	if (course !== '' && entry.decision?.course !== course) return false;
	if (filter === 'due') return isDue(entry, now);
	if (filter === 'open') return isOpen(entry);
	return filter === 'all' || !isOpen(entry);
}

/** What a journal comes to. */
export interface Summary {
	decided: number;
	/** Wait for an outcome. */
	open: number;
	due: number;
	/** Those whose outcome is known, and how many of them turned out well; a part of success counts half. */
	known: number;
	well: number;
}

export function summaryOf(entries: readonly JournalEntry[], now: Date): Summary {
	const summary: Summary = { decided: entries.length, open: 0, due: 0, known: 0, well: 0 };
	for (const entry of entries) {
		if (isOpen(entry)) summary.open += 1;
		else summary.known += 1;
		if (isDue(entry, now)) summary.due += 1;
		if (entry.outcome?.verdict === 'successful') summary.well += 1;
		else if (entry.outcome?.verdict === 'partial') summary.well += 0.5;
	}
	return summary;
}

/** What was decided about, in one line: the name of the session, or else how its question begins. */
export const titleOf = (entry: Pick<JournalEntry, 'title' | 'problem_statement'>) =>
	entry.title?.trim() || entry.problem_statement;
