import BookMarked from '@lucide/svelte/icons/book-marked';
import ChartColumn from '@lucide/svelte/icons/chart-column';
import House from '@lucide/svelte/icons/house';
import MessagesSquare from '@lucide/svelte/icons/messages-square';
import Settings from '@lucide/svelte/icons/settings';
import SquarePen from '@lucide/svelte/icons/square-pen';
import UsersRound from '@lucide/svelte/icons/users-round';
import { m } from '$lib/paraglide/messages.js';

/** A place of the app: a line of the sidebar and an entry of the command palette. */
export interface Place {
	href: string;
	label: () => string;
	Icon: typeof House;
	/** The letter that leads here after `g`. */
	key?: string;
}

/** Places that belong together, under a heading where one helps. */
export interface Section {
	id: string;
	label?: () => string;
	places: Place[];
}

/** Everything in the sidebar. A product is a section, a page of it is a line. */
export const SECTIONS: readonly Section[] = [
	{ id: 'home', places: [{ href: '/home', label: m.home_title, Icon: House, key: 'h' }] },
	{
		id: 'board',
		label: m.shell_board,
		places: [
			{ href: '/board', label: m.shell_sessions, Icon: MessagesSquare, key: 's' },
			{ href: '/board/new', label: m.list_new, Icon: SquarePen, key: 'n' },
			{ href: '/board/decisions', label: m.shell_decisions, Icon: BookMarked, key: 'd' },
			{ href: '/board/personas', label: m.shell_personas, Icon: UsersRound, key: 'p' },
		],
	},
	{
		id: 'workspace',
		label: m.shell_workspace,
		places: [
			{ href: '/usage', label: m.usage_title, Icon: ChartColumn, key: 'u' },
			{ href: '/settings', label: m.shell_settings, Icon: Settings, key: ',' },
		],
	},
];

/** All places, in the order of the sidebar. */
export const PLACES: readonly Place[] = SECTIONS.flatMap((section) => section.places);

/** The place that a path belongs to: the longest address that it begins with. */
export function placeOf(path: string, places: readonly Pick<Place, 'href'>[] = PLACES): string | null {
	const fits = places.filter(({ href }) => path === href || path.startsWith(`${href}/`));
	return fits.reduce<string | null>(
		(best, { href }) => (best !== null && best.length >= href.length ? best : href),
		null,
	);
}
