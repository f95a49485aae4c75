import type { Report } from '$lib/api/types';
import { m } from '$lib/paraglide/messages.js';

/** A part of the report in its table of contents. */
export interface Entry {
	id: string;
	title: string;
}

/** The parts that a report has, in the order in which they stand: what is empty is left out. */
export function contentsOf(report: Report): Entry[] {
	const parts: [boolean, string, string][] = [
		[true, 'recommendation', m.report_recommendation()],
		[true, 'vote', m.report_vote()],
		[true, 'summary', m.report_summary()],
		[report.key_insights.length > 0, 'insights', m.report_insights()],
		[true, 'dissent', m.report_dissent()],
		[(report.flips?.length ?? 0) > 0, 'flips', m.report_flips()],
		[Boolean(report.baseline), 'baseline', m.report_baseline()],
		[report.conditions.length > 0, 'conditions', m.report_conditions()],
		[report.risks.length > 0, 'risks', m.report_risks()],
		[(report.pre_mortem?.length ?? 0) > 0, 'mortem', m.report_mortem()],
		[report.assumptions.length > 0, 'assumptions', m.report_assumptions()],
		[report.open_questions.length > 0, 'questions', m.report_questions()],
		[report.next_steps.length > 0, 'steps', m.report_steps()],
		[report.sub_problems.length > 0, 'parts', m.report_parts()],
		[
			(report.claims?.length ?? 0) > 0 || (report.unsourced_figures?.length ?? 0) > 0,
			'claims',
			m.report_claims(),
		],
		[(report.sources?.length ?? 0) > 0, 'sources', m.report_sources()],
		[true, 'method', m.report_method()],
	];
	return parts.filter(([there]) => there).map(([, id, title]) => ({ id: `report-${id}`, title }));
}
