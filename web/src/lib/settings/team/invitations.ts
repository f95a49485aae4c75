import type { Invitation, Member } from '../types';

/** Open ones first, the latest before older ones. */
export function sorted(list: readonly Invitation[]): Invitation[] {
	return [...list].sort(
		(a, b) =>
			Number(b.status === 'open') - Number(a.status === 'open') ||
			Date.parse(b.created_at) - Date.parse(a.created_at),
	);
}

/** Who invited, by name: the server may name them or give their id, and an id alone tells nobody anything. */
export function inviterName(
	invited_by: string | null | undefined,
	members: readonly Member[],
): string | null {
	const member = members.find((one) => one.user_id === invited_by);
	if (member) return member.name || member.email;
	return invited_by && !/^[0-9a-f-]{36}$/i.test(invited_by) ? invited_by : null;
}
