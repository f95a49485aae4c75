import type { Member, Role } from './types';

/** Why something is not for this person. */
export type Reason = 'self' | 'owners_only' | 'last_owner' | 'not_yours';

/** Whether the role runs the organization: its name, its members, its invitations. */
export function runs(role: Role): boolean {
	return role === 'admin' || role === 'owner';
}

/** The roles an invitation of theirs may carry. Nobody becomes an owner by mail: that is given to a member. */
export function invitable(role: Role): Role[] {
	return runs(role) ? ['member', 'admin'] : [];
}

export function owners(members: readonly Member[]): number {
	return members.filter((member) => member.role === 'owner').length;
}

/** Whether they may leave; the last owner may not. */
export function mayLeave(role: Role, members: readonly Member[]): Reason | null {
	return role === 'owner' && owners(members) <= 1 ? 'last_owner' : null;
}

interface Rules {
	/** The roles to choose from; with one, there is no choice. */
	roles: Role[];
	/** Why the role cannot be changed, when it cannot. */
	roleLocked: Reason | null;
	/** Why the member cannot be removed, when they cannot. */
	removeLocked: Reason | null;
}

/** What somebody may do with a member. Mirrors the server, which decides. */
export function rulesFor(
	actor: { id: string; role: Role },
	member: Member,
	members: readonly Member[],
): Rules {
	const only = [member.role];
	const all: Role[] = ['member', 'admin', 'owner'];
	const lastOwner = member.role === 'owner' && owners(members) <= 1;
	if (!runs(actor.role)) return { roles: only, roleLocked: 'not_yours', removeLocked: 'not_yours' };
	// Who wants to go, leaves: one way out, with its own warning.
	const own = member.user_id === actor.id;
	if (actor.role === 'admin' && member.role === 'owner')
		return { roles: only, roleLocked: 'owners_only', removeLocked: 'owners_only' };
	if (lastOwner) return { roles: only, roleLocked: 'last_owner', removeLocked: own ? 'self' : 'last_owner' };
	return {
		roles: actor.role === 'owner' ? all : ['member', 'admin'],
		roleLocked: null,
		removeLocked: own ? 'self' : null,
	};
}

/** Whether a change of role gives away or takes something that is not easily got back: then the page asks first. */
export function grave(actor: { id: string; role: Role }, member: Member, to: Role): boolean {
	return to === 'owner' || member.role === 'owner' || member.user_id === actor.id;
}
