// Every page there is, for the walk of quality.mjs. A new +page.svelte needs a line here; the part fails without one.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Each page by its route without the groups of SvelteKit.
 * `path` is the address to open when it differs, also made from what `seed` left on the server;
 * `as` is who looks: a visitor, or the operator, who sees all there is to see;
 * `busy` are pages on which something is always loading or moving;
 * `measured` by scripts/lighthouse.mjs, by what is asked of public pages or of those of the app.
 */
export const PAGES = {
	'/': { as: 'visitor', measured: 'public' },
	'/about': { as: 'visitor', measured: 'public' },
	'/blog': { as: 'visitor', measured: 'public' },
	'/blog/[slug]': { as: 'visitor', path: '/blog/blind-votes' },
	'/board': { as: 'operator', measured: 'app' },
	'/board/[id]': { as: 'operator', measured: 'app', path: ({ session }) => `/board/${session}` },
	'/board/[id]/replay': { as: 'operator', path: ({ session }) => `/board/${session}/replay`, busy: true },
	'/board/calibration': { as: 'operator' },
	'/board/decisions': { as: 'operator', measured: 'app' },
	'/board/new': { as: 'operator', measured: 'app' },
	'/board/personas': { as: 'operator' },
	'/confirm-email': { as: 'visitor' },
	'/contact': { as: 'visitor' },
	'/cookies': { as: 'visitor' },
	'/design': { as: 'visitor', busy: true },
	'/docs': { as: 'visitor', measured: 'public' },
	'/docs/[slug]': { as: 'visitor', path: '/docs/quickstart' },
	'/features': { as: 'visitor', measured: 'public' },
	'/forgot': { as: 'visitor' },
	'/gdpr': { as: 'visitor' },
	'/home': { as: 'operator', measured: 'app' },
	'/invitation': { as: 'visitor' },
	'/login': { as: 'visitor', measured: 'public' },
	'/login/second-factor': {
		as: 'visitor',
		path: '/login/second-factor#challenge=qc_e2e&methods=totp,recovery_code',
	},
	'/pricing': { as: 'visitor', measured: 'public' },
	'/privacy': { as: 'visitor' },
	'/register': { as: 'visitor', measured: 'public' },
	'/reset': { as: 'visitor', path: '/reset?token=qt_e2e' },
	'/settings/billing': { as: 'operator' },
	'/settings/devices': { as: 'operator' },
	'/settings/keys': { as: 'operator' },
	'/settings/operators': { as: 'operator' },
	'/settings/profile': { as: 'operator', measured: 'app' },
	'/settings/security': { as: 'operator' },
	'/settings/server/models': { as: 'operator' },
	'/settings/team': { as: 'operator' },
	'/shared/[token]': { as: 'visitor', path: ({ share }) => `/shared/${share}` },
	'/status': { as: 'visitor' },
	'/terms': { as: 'visitor' },
	'/usage': { as: 'operator', measured: 'app' },
	'/verify': { as: 'visitor' },
	'/welcome': { as: 'visitor', path: '/welcome?token=wrong' },
};

/** States of pages that an address of their own leads to. */
export const MORE = [
	{ path: '/board/new?step=seats', as: 'operator' },
	{ path: '/board/decisions?show=known', as: 'operator' },
	{ path: '/no/such/page', as: 'visitor' },
	{ path: '/shared/qs_nowhere', as: 'visitor' },
	{ path: '/settings/operators?view=anomalies', as: 'operator' },
	{ path: '/settings/operators?view=mails', as: 'operator' },
	{ path: '/settings/operators?view=audit', as: 'operator' },
];

/** The routes of all pages, without groups. */
export function routes(directory = 'src/routes', route = '') {
	return readdirSync(directory, { withFileTypes: true })
		.flatMap((entry) => {
			if (entry.isFile()) return entry.name === '+page.svelte' ? [route || '/'] : [];
			const group = /^\(.*\)$/.test(entry.name);
			return routes(join(directory, entry.name), group ? route : `${route}/${entry.name}`);
		})
		.sort();
}
