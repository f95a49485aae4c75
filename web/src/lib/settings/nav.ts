import CreditCard from '@lucide/svelte/icons/credit-card';
import KeyRound from '@lucide/svelte/icons/key-round';
import MonitorSmartphone from '@lucide/svelte/icons/monitor-smartphone';
import Route from '@lucide/svelte/icons/route';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import UserRound from '@lucide/svelte/icons/user-round';
import UsersRound from '@lucide/svelte/icons/users-round';
import Wrench from '@lucide/svelte/icons/wrench';
import { m } from '$lib/paraglide/messages.js';

/** The rooms of the settings; those under `settings/server` and the operators' are for those who run the server. */
export function rooms(operator: boolean) {
	const all = [
		{ href: '/settings/profile', label: m.settings_profile(), Icon: UserRound },
		{ href: '/settings/security', label: m.settings_security(), Icon: ShieldCheck },
		{ href: '/settings/devices', label: m.settings_devices(), Icon: MonitorSmartphone },
		{ href: '/settings/team', label: m.settings_team(), Icon: UsersRound },
		{ href: '/settings/keys', label: m.settings_keys(), Icon: KeyRound },
		{ href: '/settings/billing', label: m.settings_billing(), Icon: CreditCard },
	];
	const ofTheServer = [
		{ href: '/settings/server/models', label: m.upstreams_title(), Icon: Route },
		{ href: '/settings/operators', label: m.settings_operators(), Icon: Wrench },
	];
	return operator ? [...all, ...ofTheServer] : all;
}
