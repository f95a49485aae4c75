import { own } from '$lib/named';
import { m } from '$lib/paraglide/messages.js';
import type { Tone } from '$lib/ui/Badge.svelte';
import type { Reason } from './roles';
import type { Role } from './types';
import type { Agent } from './user-agent';

/** "Firefox on Linux", or as much of it as is known. */
export function deviceText(agent: Agent): string {
	const { name, system } = agent;
	if (name && system) return m.settings_agent({ name, system });
	return name ?? system ?? m.settings_agent_unknown();
}

export function roleName(role: Role): string {
	return { member: m.team_role_member, admin: m.team_role_admin, owner: m.team_role_owner }[role]();
}

export function roleText(role: Role): string {
	return {
		member: m.team_role_member_text,
		admin: m.team_role_admin_text,
		owner: m.team_role_owner_text,
	}[role]();
}

export function reasonText(reason: Reason): string {
	return {
		self: m.team_reason_self,
		owners_only: m.team_reason_owners_only,
		last_owner: m.team_reason_last_owner,
		not_yours: m.team_reason_not_yours,
	}[reason]();
}

/** How an invitation stands. A word that this page does not know is shown as it is. */
export function invitationStatus(status: string): { text: string; tone: Tone } {
	const all: Record<string, { text: string; tone: Tone }> = {
		open: { text: m.team_invitation_open(), tone: 'brass' },
		accepted: { text: m.team_invitation_accepted(), tone: 'baize' },
		revoked: { text: m.team_invitation_revoked(), tone: 'plain' },
		expired: { text: m.team_invitation_expired(), tone: 'plain' },
	};
	return own(all, status) ?? { text: status, tone: 'plain' };
}

/** What was noticed, and what it may mean. A kind that this page does not know keeps its own name. */
export function anomalyText(kind: string): { title: string; text: string } {
	const all: Record<string, { title: string; text: string }> = {
		POSSIBLE_SHARING: { title: m.settings_anomaly_sharing(), text: m.settings_anomaly_sharing_text() },
		IMPOSSIBLE_TRAVEL: { title: m.settings_anomaly_travel(), text: m.settings_anomaly_travel_text() },
		FAST_SWITCHING: { title: m.settings_anomaly_switching(), text: m.settings_anomaly_switching_text() },
	};
	return own(all, kind) ?? { title: kind, text: '' };
}

/** What a detail of an anomaly is about. A name that this page does not know is shown as it is. */
export function anomalyDetail(name: string): string {
	const all: Record<string, () => string> = {
		addresses: m.settings_anomaly_addresses,
		devices: m.settings_anomaly_devices,
		kilometres: m.settings_anomaly_kilometres,
		minutes: m.settings_anomaly_minutes,
		switches: m.settings_anomaly_switches,
		within_minutes: m.settings_anomaly_within,
	};
	return own(all, name)?.() ?? name.replaceAll('_', ' ');
}
