import Building2 from '@lucide/svelte/icons/building-2';
import Keyboard from '@lucide/svelte/icons/keyboard';
import Languages from '@lucide/svelte/icons/languages';
import LogOut from '@lucide/svelte/icons/log-out';
import MessageSquareText from '@lucide/svelte/icons/message-square-text';
import Moon from '@lucide/svelte/icons/moon';
import Plus from '@lucide/svelte/icons/plus';
import Sun from '@lucide/svelte/icons/sun';
import SunMoon from '@lucide/svelte/icons/sun-moon';
import { goto } from '$app/navigation';
import type { BoardSession } from '$lib/api/types';
import { statusName } from '$lib/board/labels';
import { dateTime } from '$lib/format';
import { LANGUAGE_NAMES, locale } from '$lib/locale.svelte';
import { m } from '$lib/paraglide/messages.js';
import { locales } from '$lib/paraglide/runtime.js';
import { account } from '$lib/session/account.svelte';
import { rooms } from '$lib/settings/nav';
import { theme, type ThemeChoice } from '$lib/theme.svelte';
import { logOut } from '../log-out';
import { organizations } from '../organizations.svelte';
import { PLACES, type Place } from '../places';

export type Group = 'go' | 'sessions' | 'do' | 'organizations' | 'look';

/** Something that the palette can do. */
export interface Command {
	id: string;
	group: Group;
	label: string;
	/** Beside the label: where a session stands, what a setting is about. */
	note?: string;
	Icon: Place['Icon'];
	/** Chosen already. */
	on?: boolean;
	/** Worth being offered again. */
	lasting: boolean;
	act: () => unknown;
}

const groups: Record<Group, () => string> = {
	go: m.palette_go,
	sessions: m.palette_sessions,
	do: m.palette_do,
	organizations: m.shell_organizations,
	look: m.palette_look,
};
export const groupName = (group: Group) => groups[group]();

function place(href: string, label: string, Icon: Place['Icon'], note?: string): Command {
	return { id: `go:${href}`, group: 'go', label, note, Icon, lasting: true, act: () => goto(href) };
}

function looks(): Command[] {
	const themes: [ThemeChoice, string, Place['Icon']][] = [
		['system', m.theme_system(), SunMoon],
		['light', m.theme_light(), Sun],
		['dark', m.theme_dark(), Moon],
	];
	return [
		...themes.map(([choice, label, Icon]): Command => ({
			id: `theme:${choice}`,
			group: 'look',
			label,
			note: m.nav_theme(),
			Icon,
			on: theme.choice === choice,
			lasting: false,
			act: () => theme.choose(choice),
		})),
		...locales.map((code): Command => ({
			id: `language:${code}`,
			group: 'look',
			label: LANGUAGE_NAMES[code],
			note: m.nav_language(),
			Icon: Languages,
			on: locale.current === code,
			lasting: false,
			act: () => locale.choose(code),
		})),
	];
}

/** What the palette can do at this moment, without the sessions. */
export function commands(onshortcuts: () => void): Command[] {
	const inSettings = rooms(account.user?.operator ?? false);
	const others = (organizations.list.value ?? []).filter(({ acting }) => !acting);
	return [
		...PLACES.map(({ href, label, Icon }) => place(href, label(), Icon)),
		...inSettings.map(({ href, label, Icon }) => place(href, label, Icon, m.shell_settings())),
		{
			id: 'do:new',
			group: 'do',
			label: m.palette_convene(),
			Icon: Plus,
			lasting: false,
			act: () => goto('/board/new'),
		},
		{
			id: 'do:shortcuts',
			group: 'do',
			label: m.keys_title(),
			Icon: Keyboard,
			lasting: false,
			act: onshortcuts,
		},
		{ id: 'do:log-out', group: 'do', label: m.nav_log_out(), Icon: LogOut, lasting: false, act: logOut },
		...others.map(({ id, name }): Command => ({
			id: `organization:${id}`,
			group: 'organizations',
			label: m.palette_switch_to({ name }),
			Icon: Building2,
			lasting: false,
			act: () => organizations.switchTo(id),
		})),
		...looks(),
	];
}

/** A session as something to go to. */
export function sessionCommand(session: BoardSession): Command {
	return {
		id: `session:${session.id}`,
		group: 'sessions',
		label: session.title ?? session.problem_statement.slice(0, 300),
		note: `${statusName(session.status)} · ${dateTime(session.created_at)}`,
		Icon: MessageSquareText,
		lasting: true,
		act: () => goto(`/board/${session.id}`),
	};
}
