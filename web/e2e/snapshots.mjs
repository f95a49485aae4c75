// Pictures of the key pages, compared with those in e2e/snapshots. A change that is wanted is taken over with
// QUORATE_SNAPSHOTS=update npm run e2e quality; look at the pictures before you commit them.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import { boardScene } from './board-scene.mjs';
import { settled } from './browser.mjs';
import { visitor } from './identity-settings.mjs';

const KEPT = 'e2e/snapshots';
const RESULTS = 'test-results/snapshots';
/** Of a pixel's colour, as pixelmatch measures it: below lies what anti-aliasing does. */
const THRESHOLD = 0.12;
/** Of all pixels: a caret, a rounded corner. A moved line is far more. */
const TOLERANCE = 0.0008;
/** When the pictures were taken, for the page and for what the server answers. */
const NOW = Date.UTC(2026, 2, 10, 9, 30);

/** The answers of the tests of the pages, but made at a moment that does not pass: a new copy of their modules. */
async function answersOfThen() {
	const now = Date.now;
	Date.now = () => NOW;
	try {
		const { gatewayAnswers } = await import('./gateway-answers.mjs?then');
		const { answers } = await import('./settings-answers.mjs?then');
		const { around, BOARDS } = await import('./shell-answers.mjs?then');
		const { calibration, ENTRIES } = await import('./decision-pages.mjs?then');
		return {
			...answers({ operator: true, totp: true }),
			...gatewayAnswers(),
			...around(),
			...reported(),
			'GET /sessions': list(BOARDS),
			'GET /decisions': (search) =>
				list(new URLSearchParams(search).has('due') ? ENTRIES.slice(0, 1) : ENTRIES),
			'GET /board/calibration': { body: calibration(8) },
		};
	} finally {
		Date.now = now;
	}
}

const list = (data) => ({ body: { data, pagination: { next_cursor: null, has_more: false } } });
const SCENE = boardScene().start().split().topic(0).topic(1).baseline().finish();

/** What the page of a board that is over asks for. */
function reported() {
	const path = `GET /sessions/${SCENE.id}`;
	return {
		[path]: { body: { session: SCENE.view() } },
		[`${path}/events`]: (search) => {
			const after = Number(new URLSearchParams(search).get('after') ?? 0);
			return list(SCENE.events.filter((event) => event.sequence > after));
		},
		[`${path}/report`]: { body: { report: SCENE.report() } },
		[`${path}/decision`]: {
			body: { session_id: SCENE.id, decision: null, earlier: [], review_at: null, outcome: null },
		},
	};
}

/** The pages; `first` is what one sees of a long one before scrolling; `part` is a piece of one. Sizes and themes take turns, so that few pictures show much. */
const PICTURES = [
	{ name: 'login', path: '/login', as: 'visitor', sizes: [1440, 390] },
	{ name: 'register', path: '/register', as: 'visitor', sizes: [390] },
	{ name: 'home', path: '/home', as: 'operator', sizes: [1440, 390] },
	{ name: 'wizard', path: '/board/new', as: 'operator', sizes: [1440, 390] },
	{ name: 'report', path: `/board/${SCENE.id}`, as: 'operator', first: true, sizes: [1440, 390, 1024] },
	{ name: 'journal', path: '/board/decisions', as: 'operator', sizes: [1440, 390] },
	{ name: 'calibration', path: '/board/calibration', as: 'operator', sizes: [1440, 390] },
	{ name: 'usage', path: '/usage', as: 'operator', sizes: [1440, 390] },
	{ name: 'settings', path: '/settings/profile', as: 'operator', sizes: [1440, 390] },
	{ name: 'design-foundations', path: '/design', part: '#foundations', as: 'visitor', sizes: [1440] },
	{ name: 'design-feedback', path: '/design', part: '#feedback', as: 'visitor', sizes: [1440] },
];

/** Compares a picture with the one that is kept; answers what is wrong, or null. */
async function compare(name, taken) {
	const kept = await readFile(`${KEPT}/${name}.png`).catch(() => null);
	await mkdir(RESULTS, { recursive: true });
	if (process.env.QUORATE_SNAPSHOTS === 'update') {
		await mkdir(KEPT, { recursive: true });
		if (kept && difference(PNG.sync.read(kept), PNG.sync.read(taken)).share === 0) return null;
		await writeFile(`${KEPT}/${name}.png`, taken);
		return null;
	}
	await writeFile(`${RESULTS}/${name}.png`, taken);
	if (!kept) return `there is no picture ${KEPT}/${name}.png; take it with QUORATE_SNAPSHOTS=update`;
	const { share, diff, why } = difference(PNG.sync.read(kept), PNG.sync.read(taken));
	if (!why && share <= TOLERANCE) return null;
	if (diff) await writeFile(`${RESULTS}/${name}-diff.png`, PNG.sync.write(diff));
	const told = why ?? `${(share * 100).toFixed(2)} % of the pixels differ`;
	return `${name}: ${told}; see web/${RESULTS}/${name}.png${diff ? ` and ${name}-diff.png` : ''}. QUORATE_SNAPSHOTS=update takes it over.`;
}

function difference(kept, taken) {
	const { width, height } = kept;
	if (width !== taken.width || height !== taken.height) {
		return { share: 1, why: `it is ${taken.width} × ${taken.height} instead of ${width} × ${height}` };
	}
	const diff = new PNG({ width, height });
	const pixels = pixelmatch(kept.data, taken.data, diff.data, width, height, { threshold: THRESHOLD });
	return { share: pixels / (width * height), diff };
}

export async function snapshots({ test, browser, server, complaints }) {
	const table = await answersOfThen();
	const signedOut = {
		'GET /users/me': {
			status: 401,
			body: { error: { code: 'UNAUTHENTICATED', message: 'x', details: [], params: {} } },
		},
	};
	for (const { name, path, part, as, sizes, first = false } of PICTURES) {
		for (const [index, width] of sizes.entries()) {
			const theme = index % 2 === 0 ? 'light' : 'dark';
			const full = `${name}-${width}-${theme}`;
			await test(`the picture ${full}`, async () => {
				const who = await visitor(browser, server.origin, complaints, {
					width,
					timezoneId: 'Europe/Madrid',
					more: as === 'visitor' ? { ...table, ...signedOut } : table,
				});
				try {
					const { page } = who;
					await page.clock.setFixedTime(NOW);
					await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
					await page.goto(server.origin + path, { waitUntil: 'load' });
					await page.locator('main h1').waitFor();
					await page.waitForLoadState('networkidle');
					await page.evaluate(() => document.fonts.ready);
					await settled(page);
					const where = part ? page.locator(part) : page;
					const taken = await where.screenshot({
						animations: 'disabled',
						caret: 'hide',
						...(part || first ? {} : { fullPage: true }),
						// The fonts of machines and of formulas are not ours.
						mask: [page.locator('code, pre, math')],
						maskColor: '#808080',
					});
					const wrong = await compare(full, taken);
					if (wrong) complaints.push(wrong);
				} finally {
					await who.close();
				}
			});
		}
	}
}
