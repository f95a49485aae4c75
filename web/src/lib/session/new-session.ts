import { api, ask } from '$lib/api/client';
import { explain, Problem } from '$lib/api/problem';
import type { NewSession } from '$lib/api/types';
import { toasts } from '$lib/ui/toast.svelte';
import { ceilingOf, type Draft } from './draft';

/** The request a draft stands for; what was left empty is left out. */
export function requestOf(draft: Draft): NewSession {
	const context = Object.fromEntries(
		[
			['budget', draft.budget.trim()],
			['timeline', draft.timeline.trim()],
			['constraints', draft.constraints.trim()],
			...draft.fields.map(({ name, value }) => [name.trim(), value.trim()]),
		].filter(([name, text]) => name !== '' && text !== ''),
	) as Record<string, string>;
	return {
		problem_statement: draft.problem.trim(),
		problem_context: Object.keys(context).length > 0 ? context : undefined,
		mode: draft.mode,
		personas: draft.personas.length > 0 ? draft.personas : undefined,
		clarify: draft.clarify,
		one_way_door: draft.oneWay || undefined,
		baseline: draft.baseline || undefined,
		// Without a discussion there are no rounds to bound.
		max_rounds: draft.mode !== 'quick' && draft.maxRounds > 0 ? draft.maxRounds : undefined,
		route: draft.route.trim() || undefined,
		cost_ceiling_usd: ceilingOf(draft.ceiling) ?? undefined,
		lean: draft.lean.trim() || undefined,
	};
}

/** Starts a session that was just created. When that fails the session exists all the same: its page offers the start. */
export async function convened(id: string): Promise<void> {
	try {
		await ask(api.POST('/api/v1/sessions/{id}/deliberation/start', { params: { path: { id } } }));
	} catch (cause) {
		if (!(cause instanceof Problem)) throw cause;
		if (cause.code !== 'CONFLICT') toasts.say(explain(cause));
	}
}
