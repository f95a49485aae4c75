import { identity, type Methods } from './api';

/** How long a page waits for the answer before it shows the form without it. */
const PATIENCE_MS = 3000;
const FRESH_MS = 60_000;

/** What every server can do: it is shown when the server does not say. */
export const PLAIN: Methods = {
	password: true,
	registration: 'open',
	passkeys: false,
	turnstile_site_key: null,
	providers: [],
};

let known: { methods: Methods; at: number } | null = null;

/**
 * The ways to log in here, asked before a page shows, so that no button arrives late and pushes another away. A server
 * that is slow or away costs no more than the extra buttons.
 */
export async function methods(): Promise<Methods> {
	if (known && Date.now() - known.at < FRESH_MS) return known.methods;
	const asked = identity.methods().then(
		(answer) => {
			known = { methods: { ...PLAIN, ...answer }, at: Date.now() };
			return known.methods;
		},
		() => PLAIN,
	);
	let timer: ReturnType<typeof setTimeout> | undefined;
	const patience = new Promise<Methods>((done) => {
		timer = setTimeout(() => done(PLAIN), PATIENCE_MS);
	});
	return Promise.race([asked, patience]).finally(() => clearTimeout(timer));
}
