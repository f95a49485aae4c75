import type { Course, OutcomeVerdict } from '$lib/api/types';
import { m } from '$lib/paraglide/messages.js';
import type { Tone } from '$lib/ui/Badge.svelte';

/** The courses in the order in which they are offered. */
export const COURSES: readonly Course[] = ['go', 'go_with_changes', 'no_go', 'other'];
export const VERDICTS: readonly OutcomeVerdict[] = ['successful', 'partial', 'unsuccessful', 'too_early'];

const courses: Record<Course, { name: () => string; text: () => string; tone: Tone }> = {
	go: { name: m.course_go, text: m.course_go_text, tone: 'baize' },
	go_with_changes: { name: m.course_changes, text: m.course_changes_text, tone: 'brass' },
	no_go: { name: m.course_no_go, text: m.course_no_go_text, tone: 'oxblood' },
	other: { name: m.course_other, text: m.course_other_text, tone: 'slate' },
};

const verdicts: Record<OutcomeVerdict, { name: () => string; text: () => string; tone: Tone }> = {
	successful: { name: m.result_successful, text: m.result_successful_text, tone: 'baize' },
	partial: { name: m.result_partial, text: m.result_partial_text, tone: 'brass' },
	unsuccessful: { name: m.result_unsuccessful, text: m.result_unsuccessful_text, tone: 'oxblood' },
	too_early: { name: m.result_too_early, text: m.result_too_early_text, tone: 'slate' },
};

const surprises = [m.surprise_1, m.surprise_2, m.surprise_3, m.surprise_4, m.surprise_5];

// A value newer than this page is shown as it came.
export const courseName = (course: Course) => courses[course]?.name() ?? course;
export const courseText = (course: Course) => courses[course]?.text() ?? '';
export const courseTone = (course: Course): Tone => courses[course]?.tone ?? 'plain';
export const verdictName = (verdict: OutcomeVerdict) => verdicts[verdict]?.name() ?? verdict;
export const verdictText = (verdict: OutcomeVerdict) => verdicts[verdict]?.text() ?? '';
export const verdictTone = (verdict: OutcomeVerdict): Tone => verdicts[verdict]?.tone ?? 'plain';
/** How surprising it was, from 1 (as expected) to 5 (not at all). */
export const surpriseName = (surprise: number) => surprises[surprise - 1]?.() ?? String(surprise);
