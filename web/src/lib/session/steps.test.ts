import { describe, expect, it } from 'vitest';
import { Problem } from '$lib/api/problem';
import { emptyDraft } from './draft';
import { faultsFrom, faultsOf, firstWrong, LIMITS, stepOf, stepOfField } from './steps';

const draft = (more = {}) => ({ ...emptyDraft(), problem: 'Sell the house or let it?', ...more });

describe('faultsOf', () => {
	it('finds nothing in a plain draft', () => expect(faultsOf(draft())).toEqual({}));

	it('counts characters, not units, and not the space around', () => {
		expect(faultsOf(draft({ problem: '🏠'.repeat(9) }))).toHaveProperty('problem_statement');
		expect(faultsOf(draft({ problem: '🏠'.repeat(10) }))).toEqual({});
		expect(faultsOf(draft({ problem: `   ${'a'.repeat(9)}   ` }))).toHaveProperty('problem_statement');
		expect(faultsOf(draft({ problem: '🏠'.repeat(LIMITS.problem) }))).toEqual({});
		expect(faultsOf(draft({ problem: '🏠'.repeat(LIMITS.problem + 1) }))).toHaveProperty('problem_statement');
	});

	it('wants a name for each value, and each name once', () => {
		const fields = [
			{ name: 'Team', value: '12' },
			{ name: '', value: 'x' },
			{ name: 'team ', value: '13' },
			{ name: 'Budget', value: '1' },
			{ name: '', value: ' ' },
		];
		expect(Object.keys(faultsOf(draft({ fields })))).toEqual(['fields[1]', 'fields[2]', 'fields[3]']);
	});

	it('takes no seat or two, not one', () => {
		expect(faultsOf(draft({ personas: ['a'] }))).toHaveProperty('personas');
		expect(faultsOf(draft({ personas: ['a', 'b'] }))).toEqual({});
	});
});

describe('faults of the server', () => {
	it('stand at their field, and the first wrong step is known', () => {
		const problem = new Problem('VALIDATION_FAILED', 422, '', [
			{ field: 'personas', message: 'There is no persona x.' },
			{ field: 'problem_context.budget', message: 'Too long.' },
		]);
		const faults = faultsFrom(problem);
		expect(faults).toEqual({ personas: 'There is no persona x.', budget: 'Too long.' });
		expect(firstWrong(faults)).toBe('context');
		expect(firstWrong({ personas: 'x' })).toBe('seats');
		expect(firstWrong({ attachments: 'x' })).toBeNull();
		expect(faultsFrom(new Problem('QUOTA_EXCEEDED', 429, ''))).toEqual({});
	});

	it('knows the steps', () => {
		expect(stepOf('seats')).toBe('seats');
		expect(stepOf('<script>')).toBe('problem');
		expect(stepOf(null)).toBe('problem');
		expect(stepOfField('fields[3]')).toBe('context');
		expect(stepOfField('cost_ceiling_usd')).toBe('seats');
		expect(stepOfField('attachments')).toBeNull();
	});
});
