// From sign-up to report in a real browser against the real binary. Waits have limits but nothing is timed. Names of parts
// as arguments run only those.
import { mkdir } from 'node:fs/promises';
import { attachments } from './attachments.mjs';
import { boardPages } from './board-pages.mjs';
import { axe, launch, watch } from './browser.mjs';
import { decisionPages } from './decision-pages.mjs';
import { gatewayPages } from './gateway-pages.mjs';
import { identityAuth } from './identity-auth.mjs';
import { identityPages } from './identity-pages.mjs';
import { identitySettings } from './identity-settings.mjs';
import { identitySocial } from './identity-social.mjs';
import { journey } from './journey.mjs';
import { modelPages } from './model-pages.mjs';
import { quality } from './quality.mjs';
import { startServer } from './server.mjs';
import { pwa } from './pwa.mjs';
import { sitePages } from './site-pages.mjs';
import { shellPages } from './shell-pages.mjs';
import { shellSession } from './shell-session.mjs';

const PARTS = {
	journey,
	identityPages,
	identityAuth,
	identitySettings,
	identitySocial,
	gatewayPages,
	modelPages,
	shellPages,
	shellSession,
	pwa,
	sitePages,
	quality,
	boardPages,
	decisionPages,
	attachments,
};
const parts = process.argv.slice(2);
const unknown = parts.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) throw new Error(`no such part: ${unknown}; there are ${Object.keys(PARTS)}`);

const server = process.env.QUORATE_URL
	? {
			origin: process.env.QUORATE_URL,
			output: () => '',
			operatorToken: () => process.env.QUORATE_TOKEN ?? null,
			stop: async () => {},
		}
	: await startServer();
const browser = await launch();
const complaints = [];
const context = await browser.newContext({
	viewport: { width: 1440, height: 900 },
	locale: 'en-GB',
	acceptDownloads: true,
});
context.setDefaultTimeout(30_000);
const page = await context.newPage();
const watcher = watch(page, server.origin, complaints);

let passed = 0;
let failed = 0;
let broken = false;

/** `alone`: no later step builds on this one. */
async function test(name, act, { alone = false } = {}) {
	if (broken) {
		failed += 1;
		console.log(`not run  ${name}`);
		return;
	}
	try {
		await act();
		const wrong = complaints.splice(0);
		if (wrong.length > 0) throw new LookError(wrong.join('\n'));
		passed += 1;
		console.log(`ok       ${name}`);
	} catch (cause) {
		failed += 1;
		console.log(`FAILED   ${name}\n${cause instanceof Error ? cause.stack : cause}`);
		for (const complaint of complaints) console.log(`         ${complaint}`);
		await mkdir('test-results', { recursive: true });
		const file = `test-results/${name.replaceAll(/\W+/g, '-')}.png`;
		await page.screenshot({ path: file, fullPage: true }).catch(() => {});
		console.log(`         picture: web/${file}`);
		complaints.length = 0;
		// The steps build on one another, except where a step only looked at the page.
		broken = !alone && !(cause instanceof LookError);
	}
}

/** What a step found by looking: the journey can go on. */
class LookError extends Error {}

async function accessible(name, where = page) {
	const found = await axe(where, name);
	if (found.length > 0) throw new LookError(`axe:\n${found.join('\n')}`);
}

try {
	for (const name of parts.length > 0 ? parts : Object.keys(PARTS)) {
		// The steps of one part build on one another, those of another do not.
		broken = false;
		await PARTS[name]({ test, page, context, browser, server, watcher, accessible, complaints });
	}
} finally {
	await browser.close();
	await server.stop();
}
if (failed > 0 && server.output()) console.log(`\nthe server's last lines:\n${server.output().slice(-4000)}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
