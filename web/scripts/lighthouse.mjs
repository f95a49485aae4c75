// Lighthouse on the pages that e2e/pages.mjs marks as measured: `npm run lighthouse`, with `-- --write` into
// bench/README.md. It wants the built server (QUORATE_BIN, else ../target/release/quorate) and a quiet machine. Lighthouse
// itself brings two hundred packages that nothing else needs: it is installed here when it is first asked for.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PAGES } from '../e2e/pages.mjs';
import { seed } from '../e2e/seed.mjs';
import { startServer } from '../e2e/server.mjs';

const VERSION = '12.8.2';
const FOLDER = resolve('.lighthouse');
const README = '../bench/README.md';
const BEGIN = '<!-- lighthouse figures: begin (written by `npm run lighthouse -- --write`) -->';
const END = '<!-- lighthouse figures: end -->';
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];
/** What the issue asks for. App pages are for those who are signed in: no search engine comes there. */
const TARGETS = {
	public: { performance: 95, accessibility: 95, 'best-practices': 95, seo: 95 },
	app: { performance: 90, accessibility: 95, 'best-practices': 95 },
};
const DEVICES = {
	phone: { formFactor: 'mobile' },
	desk: {
		formFactor: 'desktop',
		screenEmulation: { mobile: false, width: 1350, height: 940, deviceScaleFactor: 1, disabled: false },
		throttling: {
			rttMs: 40,
			throughputKbps: 10_240,
			cpuSlowdownMultiplier: 1,
			requestLatencyMs: 0,
			downloadThroughputKbps: 0,
			uploadThroughputKbps: 0,
		},
	},
};

const only = process.argv.slice(2).filter((argument) => argument.startsWith('/'));
const write = process.argv.includes('--write');

if (!existsSync(`${FOLDER}/node_modules/lighthouse/package.json`)) {
	console.log(`installing lighthouse ${VERSION} into ${FOLDER}`);
	execFileSync(
		'npm',
		[
			'install',
			'--prefix',
			FOLDER,
			'--no-save',
			'--no-package-lock',
			'--ignore-scripts',
			`lighthouse@${VERSION}`,
		],
		{ stdio: ['ignore', 'ignore', 'inherit'] },
	);
}
const load = (path) => import(pathToFileURL(`${FOLDER}/node_modules/${path}`).href);
const { default: lighthouse } = await load('lighthouse/core/index.js');
const { default: puppeteer } = await load('puppeteer-core/lib/esm/puppeteer/puppeteer-core.js');

process.env.QUORATE_BIN ??= '../target/release/quorate';
const server = await startServer();
const browser = await puppeteer.launch({
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
});
const rows = [];
let failed = 0;
try {
	const seeded = await seed(server);
	for (const [route, { path = route, measured }] of Object.entries(PAGES)) {
		const address = typeof path === 'function' ? path(seeded) : path;
		if (!measured || (only.length > 0 && !only.includes(route))) continue;
		const targets = TARGETS[measured];
		for (const [device, settings] of Object.entries(DEVICES)) {
			const context = await browser.createBrowserContext();
			const page = await context.newPage();
			if (measured === 'app') await browserCookies(context, seeded.state.cookies);
			const { lhr } = await lighthouse(
				server.origin + address,
				{ disableStorageReset: true, logLevel: 'error' },
				{ extends: 'lighthouse:default', settings: { ...settings, onlyCategories: Object.keys(targets) } },
				page,
			);
			const scores = Object.fromEntries(
				Object.entries(lhr.categories).map(([name, { score }]) => [name, Math.round((score ?? 0) * 100)]),
			);
			const below = Object.keys(targets).filter((name) => scores[name] < targets[name]);
			if (below.length > 0) failed += 1;
			const figure = (name) => lhr.audits[name]?.displayValue?.replaceAll(' ', ' ') ?? '';
			rows.push({ route, measured, device, scores, paint: figure('largest-contentful-paint') });
			console.log(
				`${below.length > 0 ? 'BELOW' : 'ok   '} ${route} ${device} ${JSON.stringify(scores)} LCP ${figure('largest-contentful-paint')}, blocked ${figure('total-blocking-time')}, shift ${figure('cumulative-layout-shift')}`,
			);
			for (const name of below) complain(lhr, name);
			await context.close();
		}
	}
} finally {
	await browser.close();
	await server.stop();
}
if (write) writeTable();
process.exit(failed > 0 ? 1 : 0);

/** The cookies of the operator, as puppeteer takes them. */
function browserCookies(context, cookies) {
	return context.setCookie(
		...cookies.map((cookie) =>
			Object.fromEntries(Object.entries(cookie).filter(([name]) => name !== 'expires')),
		),
	);
}

/** What costs a page its points, the heaviest first. */
function complain(lhr, category) {
	for (const { id, weight } of lhr.categories[category].auditRefs.toSorted((a, b) => b.weight - a.weight)) {
		const audit = lhr.audits[id];
		if (weight === 0 || audit.score === null || audit.score >= 0.9) continue;
		console.log(`      ${category}: ${audit.title} ${audit.displayValue ?? ''}`);
		for (const item of audit.details?.items?.slice(0, 3) ?? []) {
			console.log(`         ${item.node?.selector ?? item.url ?? item.description ?? ''}`);
		}
	}
}

function writeTable() {
	const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim();
	const cell = (value) => (value === undefined ? '–' : String(value));
	const table = [
		BEGIN,
		'',
		`- Date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
		`- Machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, load average ${loadavg()
			.map((one) => one.toFixed(2))
			.join(', ')} at the end`,
		`- Commit: ${commit}, Lighthouse ${VERSION}, one run for each row`,
		`- Command: \`npm run lighthouse -- --write\``,
		'',
		'| Page | Kind | Device | Performance | Accessibility | Best practices | SEO | Largest paint |',
		'| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |',
		...rows.map(
			({ route, measured, device, scores, paint }) =>
				`| \`${route}\` | ${measured} | ${device} | ${CATEGORIES.map((name) => cell(scores[name])).join(' | ')} | ${paint} |`,
		),
		'',
		END,
	].join('\n');
	const text = readFileSync(README, 'utf8');
	const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
	if (begin < 0 || end < 0) throw new Error(`${README} has no place for the figures`);
	writeFileSync(README, text.slice(0, begin) + table + text.slice(end + END.length));
}
