// What is looked at on each page.
import { axeSource, settled } from './browser.mjs';

export const LOCALES = ['en', 'es', 'zh'];
const SIZES = [
	{ width: 1440, height: 900 },
	{ width: 390, height: 844 },
];
/** The narrowest phone, and a screen of 1440 px at 200 % zoom. */
const NARROW = [
	{ width: 360, height: 740 },
	{ width: 720, height: 450 },
];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** So many stops of the Tab key are looked at. */
const STOPS = 40;

function runAxe(page, only) {
	return page.evaluate(
		async ({ rules, ids }) => {
			const { violations } = await window.axe.run(document, {
				runOnly: ids ?? rules,
				resultTypes: ['violations'],
				preload: false,
			});
			return violations.map(({ id, nodes }) => {
				const where = nodes.slice(0, 3).map((node) => node.target.join(' '));
				return `${id} at ${where.join(' | ')}`;
			});
		},
		{ rules: RULES, ids: only ?? null },
	);
}

const overflow = (page) =>
	page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** The page's own state, which no size and no theme changes. */
async function outline(page, locale) {
	const { headings, title, lang } = await page.evaluate(() => ({
		headings: document.querySelectorAll('h1').length,
		title: document.title,
		lang: document.documentElement.lang,
	}));
	const wrong = [];
	if (headings !== 1) wrong.push(`${headings} headings of level 1`);
	if (!/\S/.test(title) || /undefined|null/.test(title)) wrong.push(`the title “${title}”`);
	if (!lang.startsWith(locale)) wrong.push(`the language is “${lang}”`);
	return wrong;
}

/** Goes through the page with Tab: each stop must be seen, and be seen to have the focus. */
async function focus(page) {
	await page.evaluate(() => {
		document.activeElement?.blur();
		getSelection()?.removeAllRanges();
		window.scrollTo(0, 0);
	});
	const wrong = [];
	for (let stop = 0; stop < STOPS; stop++) {
		await page.keyboard.press('Tab');
		const found = await page.evaluate(() => {
			const one = document.activeElement;
			if (!one || one === document.body) return null;
			const name = `${one.tagName.toLowerCase()} “${(one.getAttribute('aria-label') ?? one.textContent ?? '').trim().slice(0, 40)}”`;
			const rings = [];
			// A choice shows its focus on the frame around it.
			for (let at = one, up = 0; at && up < 3; at = at.parentElement, up++) {
				const { outlineStyle, outlineWidth } = getComputedStyle(at);
				rings.push(outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1);
			}
			const { width, height } = one.getBoundingClientRect();
			return { name, ring: rings.some(Boolean), seen: width > 0 && height > 0 };
		});
		if (!found) break;
		if (!found.ring) wrong.push(`no focus ring on ${found.name}`);
		if (!found.seen) wrong.push(`the focus is on something without a size: ${found.name}`);
	}
	return wrong;
}

/**
 * Opens an address in every language and looks at it in every size, in English also in both themes; answers with a line for
 * each thing that is wrong. A theme changes colours and nothing else, so that of axe's rules only those about colours run
 * again for it.
 */
export async function walk(page, address, options) {
	const wrong = [];
	try {
		await look(page, address, wrong, options);
	} catch (cause) {
		wrong.push(`the walk ended: ${cause instanceof Error ? cause.message : cause}`);
	}
	return wrong;
}

async function look(page, address, wrong, { busy = false } = {}) {
	await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
	for (const locale of LOCALES) {
		await page.setViewportSize(SIZES[0]);
		// Another document of the server first: it has the storage, and an address that differs only behind the # would not
		// load anew.
		await page.goto(new URL('/favicon.svg', address).href);
		await page.evaluate((code) => localStorage.setItem('quorate.locale', code), locale);
		await page.goto(address, { waitUntil: 'load' });
		await page.locator('main h1').first().waitFor();
		await page.waitForFunction((code) => document.documentElement.lang.startsWith(code), locale);
		if (!busy) {
			await page.waitForFunction(() => !document.querySelector('main .animate-pulse[role=status]'));
		}
		const say = (where) => (line) => wrong.push(`${locale} ${where}: ${line}`);
		(await outline(page, locale)).forEach(say('page'));
		await page.evaluate(`window.axe ?? (() => { ${axeSource} })()`);
		// Words change names and widths, but no colour: the other languages are held against axe once, on the phone.
		for (const size of locale === 'en' ? SIZES : SIZES.slice(1)) {
			await page.setViewportSize(size);
			await page.emulateMedia({ colorScheme: 'light' });
			await settled(page);
			(await runAxe(page)).forEach(say(`${size.width} light`));
			if (locale !== 'en') continue;
			await page.emulateMedia({ colorScheme: 'dark' });
			await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
			await settled(page);
			(await runAxe(page, ['color-contrast', 'link-in-text-block'])).forEach(say(`${size.width} dark`));
		}
		for (const size of [...SIZES, ...NARROW]) {
			await page.setViewportSize(size);
			const wide = await overflow(page);
			if (wide > 1) say(`${size.width}`)(`${wide} px wider than the screen`);
		}
		if (locale === 'en') {
			await page.setViewportSize(SIZES[0]);
			(await focus(page)).forEach(say('keyboard'));
		}
		await page.emulateMedia({ colorScheme: 'light' });
	}
}
