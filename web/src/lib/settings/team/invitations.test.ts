import { expect, it } from 'vitest';
import type { Invitation, Member } from '../types';
import { inviterName, sorted } from './invitations';

const invitation = (id: string, status: string, created_at: string): Invitation => ({
	id,
	status,
	created_at,
	email: `${id}@example.org`,
	role: 'member',
	invited_by: null,
	expires_at: created_at,
});

it('puts open ones first, then the latest', () => {
	const list = [
		invitation('a', 'expired', '2026-03-01T00:00:00Z'),
		invitation('b', 'open', '2026-01-01T00:00:00Z'),
		invitation('c', 'accepted', '2026-02-01T00:00:00Z'),
		invitation('d', 'open', '2026-01-02T00:00:00Z'),
	];
	expect(sorted(list).map(({ id }) => id)).toEqual(['d', 'b', 'a', 'c']);
});

it('names who invited, and never shows a bare id', () => {
	const id = '01890a5d-ac96-774b-bcce-b302099a8057';
	const ada = { user_id: id, name: 'Ada', email: 'ada@example.org' } as Member;
	expect(inviterName(id, [ada])).toBe('Ada');
	expect(inviterName(id, [])).toBeNull();
	expect(inviterName('Grace', [])).toBe('Grace');
	expect(inviterName(null, [ada])).toBeNull();
});
