import { own } from '$lib/named';
import { m } from '$lib/paraglide/messages.js';
import type { Role } from '../types';
import { runs } from '../roles';

export interface Scope {
	name: string;
	label: string;
}
export interface ScopeGroup {
	title: string;
	scopes: Scope[];
}

/** What a new key may do, unless more is ticked: call models. */
export const FIRST_SCOPES: readonly string[] = ['model:read', 'model:use'];

/** What only those who run an organization may do, and so may give to a key. */
const FOR_ADMINS: readonly string[] = [
	'org:write',
	'member:write',
	'cost:read',
	'budget:read',
	'budget:write',
];

/** What a permission lets a key do. One that this page does not know keeps its own name. */
export function scopeLabel(name: string): string {
	const all: Record<string, () => string> = {
		'model:use': m.scope_model_use,
		'model:read': m.scope_model_read,
		'board_session:read': m.scope_board_session_read,
		'board_session:write': m.scope_board_session_write,
		'persona:read': m.scope_persona_read,
		'usage:read': m.scope_usage_read,
		'cost:read': m.scope_cost_read,
		'budget:read': m.scope_budget_read,
		'budget:write': m.scope_budget_write,
		'api_key:read': m.scope_api_key_read,
		'profile:read': m.scope_profile_read,
		'org:read': m.scope_org_read,
		'org:write': m.scope_org_write,
		'member:read': m.scope_member_read,
		'member:write': m.scope_member_write,
	};
	return own(all, name)?.() ?? name;
}

/** The scopes to choose from, by what they are about. Those a key has already stay, whatever the role. */
export function scopeGroups(role: Role, held: readonly string[] = []): ScopeGroup[] {
	const groups = [
		{ title: m.scope_group_models(), names: ['model:use', 'model:read'] },
		{
			title: m.scope_group_board(),
			names: ['board_session:read', 'board_session:write', 'persona:read'],
		},
		{ title: m.scope_group_organization(), names: ['org:read', 'member:read', 'org:write', 'member:write'] },
		{
			title: m.scope_group_account(),
			names: ['profile:read', 'api_key:read', 'usage:read', 'cost:read', 'budget:read', 'budget:write'],
		},
	];
	const known = groups.flatMap(({ names }) => names);
	const strange = held.filter((name) => !known.includes(name));
	if (strange.length > 0) groups.push({ title: m.scope_group_other(), names: strange });
	const offered = (name: string) => runs(role) || !FOR_ADMINS.includes(name) || held.includes(name);
	return groups
		.map(({ title, names }) => ({
			title,
			scopes: names.filter(offered).map((name) => ({ name, label: scopeLabel(name) })),
		}))
		.filter(({ scopes }) => scopes.length > 0);
}
