import { expect, it } from 'vitest';
import type { Budget } from '$lib/gateway/types';
import { budgetName, withBudget, withoutBudget } from './budget';

const whole: Budget = {
	scope: 'organization',
	subject: '',
	period: 'month',
	cap_microusd: 5_000_000,
	spent_microusd: 1,
	reserved_microusd: 0,
};
const board: Budget = { ...whole, scope: 'purpose', subject: 'board' };

it('replaces the budget of the same thing and keeps the others', () => {
	const list = withBudget([whole, board], { ...whole, cap_microusd: 9 });
	expect(list.map(({ scope, cap_microusd }) => [scope, cap_microusd])).toEqual([
		['purpose', 5_000_000],
		['organization', 9],
	]);
	expect(withBudget([whole], { ...whole, period: 'total' })).toHaveLength(2);
	expect(withoutBudget([whole, board], board)).toEqual([
		{ scope: 'organization', subject: '', period: 'month', cap_microusd: 5_000_000 },
	]);
});

it('names whose spending it holds', () => {
	expect(budgetName(whole, [])).toBe('The whole organization');
	expect(budgetName(board, [])).toBe('Purpose: Board');
	expect(budgetName({ scope: 'key', subject: 'k' }, [{ id: 'k', name: 'Nightly' }])).toBe('Key: Nightly');
	expect(budgetName({ scope: 'key', subject: 'x' }, [])).toBe('A key that is gone');
});
