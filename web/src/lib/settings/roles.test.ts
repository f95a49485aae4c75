import { describe, expect, it } from 'vitest';
import { grave, invitable, mayLeave, rulesFor } from './roles';
import type { Member, Role } from './types';

const one = (user_id: string, role: Role): Member => ({
	user_id,
	role,
	name: user_id,
	email: `${user_id}@example.org`,
	joined_at: '2026-01-01T00:00:00Z',
	avatar_url: null,
});
const [ola, otto, ada, max] = [
	one('ola', 'owner'),
	one('otto', 'owner'),
	one('ada', 'admin'),
	one('max', 'member'),
];
const as = (member: Member) => ({ id: member.user_id, role: member.role });

describe('rulesFor', () => {
	it('lets a member change nothing', () => {
		for (const member of [ola, ada, max]) {
			expect(rulesFor(as(max), member, [ola, ada, max])).toEqual({
				roles: [member.role],
				roleLocked: 'not_yours',
				removeLocked: 'not_yours',
			});
		}
	});

	it('lets an admin neither touch an owner nor make one', () => {
		const all = [ola, otto, ada, max];
		expect(rulesFor(as(ada), ola, all)).toMatchObject({
			roleLocked: 'owners_only',
			removeLocked: 'owners_only',
		});
		expect(rulesFor(as(ada), max, all)).toEqual({
			roles: ['member', 'admin'],
			roleLocked: null,
			removeLocked: null,
		});
	});

	it('keeps the last owner', () => {
		expect(rulesFor(as(ola), ola, [ola, ada, max])).toMatchObject({
			roleLocked: 'last_owner',
			removeLocked: 'self',
		});
	});

	it('lets one of two owners step down, and removes nobody by their own hand', () => {
		const all = [ola, otto, max];
		expect(rulesFor(as(ola), ola, all)).toEqual({
			roles: ['member', 'admin', 'owner'],
			roleLocked: null,
			removeLocked: 'self',
		});
		expect(rulesFor(as(ola), otto, all).removeLocked).toBeNull();
	});
});

it('says who may leave', () => {
	expect(mayLeave('owner', [ola, max])).toBe('last_owner');
	expect(mayLeave('owner', [ola, otto])).toBeNull();
	expect(mayLeave('member', [ola, max])).toBeNull();
});

it('never invites owners', () => {
	expect(invitable('owner')).toEqual(['member', 'admin']);
	expect(invitable('admin')).toEqual(['member', 'admin']);
	expect(invitable('member')).toEqual([]);
});

it('asks before ownership or one’s own role changes', () => {
	expect(grave(as(ola), max, 'owner')).toBe(true);
	expect(grave(as(ola), otto, 'member')).toBe(true);
	expect(grave(as(ada), ada, 'member')).toBe(true);
	expect(grave(as(ola), max, 'admin')).toBe(false);
});
