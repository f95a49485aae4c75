import type { Problem } from '$lib/api/problem';
import { m } from '$lib/paraglide/messages.js';
import { ceilingOf, type Draft } from './draft';

/** The steps of a new session in their order. */
export const STEPS = ['problem', 'context', 'seats', 'review'] as const;
export type Step = (typeof STEPS)[number];

export const LIMITS = {
	least: 10,
	problem: 10_000,
	lean: 500,
	context: 2_000,
	name: 60,
	fields: 20,
	seats: 8,
	rounds: 10,
};

export function stepOf(raw: string | null): Step {
	return STEPS.find((step) => step === raw) ?? 'problem';
}

export function stepName(step: Step): string {
	return {
		problem: m.wizard_step_problem,
		context: m.wizard_step_context,
		seats: m.wizard_step_seats,
		review: m.wizard_step_review,
	}[step]();
}

/** Characters as the server counts them: without the space around, and not in UTF-16 units. */
export const lengthOf = (text: string) => [...text.trim()].length;

/** What is wrong in a draft, by field; `fields[1]` is the second field that the user named. */
export type Faults = Record<string, string>;

const CONTEXT = ['budget', 'timeline', 'constraints'] as const;

/** What the page can tell before it asks the server. */
export function faultsOf(draft: Draft): Faults {
	const faults: Faults = {};
	const length = lengthOf(draft.problem);
	if (length < LIMITS.least) faults.problem_statement = m.new_problem_short();
	else if (length > LIMITS.problem) faults.problem_statement = m.new_problem_long();
	if (lengthOf(draft.lean) > LIMITS.lean) faults.lean = m.wizard_too_long({ most: LIMITS.lean });
	for (const name of CONTEXT) {
		if (lengthOf(draft[name]) > LIMITS.context) faults[name] = m.wizard_too_long({ most: LIMITS.context });
	}
	const names = draft.fields.map((field) => field.name.trim().toLowerCase());
	draft.fields.forEach((field, index) => {
		const name = names[index] ?? '';
		const said = field.value.trim() !== '';
		if (name === '' && said) faults[`fields[${index}]`] = m.wizard_field_unnamed();
		else if (name !== '' && ([...CONTEXT] as string[]).concat(names.slice(0, index)).includes(name))
			faults[`fields[${index}]`] = m.wizard_field_twice();
		else if (lengthOf(field.value) > LIMITS.context || lengthOf(field.name) > LIMITS.name)
			faults[`fields[${index}]`] = m.wizard_field_long();
	});
	if (draft.ceiling.trim() !== '' && !(Number(ceilingOf(draft.ceiling)) > 0))
		faults.cost_ceiling_usd = m.wizard_ceiling_wrong();
	if (draft.personas.length === 1) faults.personas = m.new_personas_few();
	return faults;
}

/** What the server found wrong, by field; its sentence for a field of ours. */
export function faultsFrom(problem: Problem | null): Faults {
	if (problem?.code !== 'VALIDATION_FAILED') return {};
	return Object.fromEntries(
		problem.details.map(({ field, message }) => [field.replace(/^problem_context\./, ''), message]),
	);
}

/** The step where a field stands. A field that no step has is told above the review. */
export function stepOfField(field: string): Step | null {
	const name = field.replace(/\[.*$/, '');
	if (['problem_statement', 'lean'].includes(name)) return 'problem';
	if (['problem_context', 'fields', 'clarify', ...CONTEXT].includes(name)) return 'context';
	if (['personas', 'mode', 'max_rounds', 'baseline', 'route', 'cost_ceiling_usd'].includes(name))
		return 'seats';
	return null;
}

/** The first step that has a fault, in the order of the steps. */
export function firstWrong(faults: Faults): Step | null {
	const wrong = Object.keys(faults).map(stepOfField);
	return STEPS.find((step) => wrong.includes(step)) ?? null;
}
