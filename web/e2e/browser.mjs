import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

export const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const SIZES = [
	{ width: 390, height: 844 },
	{ width: 1440, height: 900 },
];

/**
 * A browser whose contexts have no service worker unless they ask for one: what a worker answers passes by the answers
 * that a test gives.
 */
export async function launch() {
	const browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: [
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	});
	const make = browser.newContext.bind(browser);
	browser.newContext = (options) => make({ serviceWorkers: 'block', ...options });
	return browser;
}

/** Answers that a test provokes on purpose are the browser's console errors too: they are named here, one by one. */
export function watch(page, origin, complaints) {
	// What Playwright itself says where it keeps a worker away.
	const expected = [/Service Worker registration blocked by Playwright/];
	page.on('console', (message) => {
		if (message.type() !== 'error' && message.type() !== 'warning') return;
		const text = `${message.text()} ${message.location().url}`;
		if (!expected.some((pattern) => pattern.test(text)))
			complaints.push(`console ${message.type()}: ${text}`);
	});
	page.on('pageerror', (error) => complaints.push(`page error: ${error.stack ?? error}`));
	page.on('request', (request) => {
		const url = new URL(request.url());
		if (
			url.origin !== origin &&
			url.protocol !== 'data:' &&
			url.origin !== 'null' &&
			url.protocol !== 'blob:'
		) {
			complaints.push(`request to another origin: ${request.url()}`);
		}
	});
	page.addInitScript(() => {
		document.addEventListener('securitypolicyviolation', (event) => {
			console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
		});
	});
	return { expect: (pattern) => expected.push(pattern) };
}

/**
 * Waits until nothing moves or fades any more. A change of theme starts a transition of every coloured part, even where
 * little motion is wanted, and until its first frame a part has its old colours. What never ends is not waited for.
 */
export function settled(page) {
	return page.waitForFunction(async () => {
		const ending = () =>
			document.getAnimations().filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime));
		// One that is cancelled has ended too.
		await Promise.all(ending().map((one) => one.finished.catch(() => {})));
		return ending().length === 0;
	});
}

/** Runs axe on the page in both themes and at both sizes and returns what it found, one line for each. */
export async function axe(page, name) {
	const found = [];
	const before = page.viewportSize();
	for (const size of SIZES) {
		await page.setViewportSize(size);
		for (const colorScheme of ['light', 'dark']) {
			await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
			await page.waitForFunction((theme) => document.documentElement.dataset.theme === theme, colorScheme);
			await settled(page);
			await page.evaluate(`window.axe ?? (() => { ${axeSource} })()`);
			const { violations } = await page.evaluate(() =>
				window.axe.run(document, {
					runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
				}),
			);
			for (const violation of violations) {
				const where = violation.nodes.slice(0, 3).map((node) => node.target.join(' '));
				found.push(`${name} ${size.width} ${colorScheme}: ${violation.id} at ${where.join(' | ')}`);
			}
			const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
			if (wide > 1) found.push(`${name} ${size.width} ${colorScheme}: ${wide} px wider than the screen`);
		}
	}
	await page.emulateMedia({ colorScheme: null, reducedMotion: null });
	await page.setViewportSize(before);
	return found;
}
