import type { Budget, NewBudget } from '$lib/gateway/types';
import { m } from '$lib/paraglide/messages.js';
import { purposeName } from './request';

/** What a budget is kept apart by. */
export function budgetId(budget: Pick<Budget, 'scope' | 'subject' | 'period'>): string {
	return `${budget.scope}:${budget.subject}:${budget.period}`;
}

/** Whose spending a budget holds, in words. */
export function budgetName(
	budget: Pick<Budget, 'scope' | 'subject'>,
	keys: readonly { id: string; name: string }[],
): string {
	if (budget.scope === 'organization') return m.budget_organization();
	if (budget.scope === 'purpose') return m.budget_purpose({ purpose: purposeName(budget.subject) });
	const key = keys.find(({ id }) => id === budget.subject);
	return key ? m.budget_key({ name: key.name }) : m.budget_key_gone();
}

/** The list with this budget in it, in the place of the one it replaces. */
export function withBudget(list: readonly Budget[], budget: NewBudget) {
	return [...withoutBudget(list, budget), { ...budget }];
}

/** The list without this budget. */
export function withoutBudget(
	list: readonly Budget[],
	budget: Pick<Budget, 'scope' | 'subject' | 'period'>,
): NewBudget[] {
	return list
		.filter((one) => budgetId(one) !== budgetId(budget))
		.map(({ scope, subject, period, cap_microusd }) => ({ scope, subject, period, cap_microusd }));
}
