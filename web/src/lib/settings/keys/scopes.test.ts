import { expect, it } from 'vitest';
import { FIRST_SCOPES, scopeGroups, scopeLabel } from './scopes';

const names = (groups: ReturnType<typeof scopeGroups>) =>
	groups.flatMap(({ scopes }) => scopes.map(({ name }) => name));

it('offers a member nothing that only admins may give', () => {
	expect(names(scopeGroups('member'))).not.toContain('member:write');
	expect(names(scopeGroups('admin'))).toContain('member:write');
	expect(names(scopeGroups('member'))).toEqual(expect.arrayContaining([...FIRST_SCOPES]));
});

it('keeps what a key has, known or not', () => {
	const all = names(scopeGroups('member', ['member:write', 'moon:land']));
	expect(all).toEqual(expect.arrayContaining(['member:write', 'moon:land']));
	expect(scopeLabel('moon:land')).toBe('moon:land');
});
