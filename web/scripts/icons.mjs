// Draws the icons of the installed app from the mark in static/favicon.svg. Run it when the mark changes and commit what
// it writes: `node scripts/icons.mjs`.
import { mkdir, readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const GROUND = '#174a37';
const OUT = 'static/icons';
/** `inset` is the share of the side that stays free around the mark: a mask may cut a fifth of a full ground away. `round`
 * keeps the mark's own corners. */
const ICONS = [
	{ name: 'icon-192', size: 192, inset: 0, round: true },
	{ name: 'icon-512', size: 512, inset: 0, round: true },
	{ name: 'maskable-512', size: 512, inset: 0.1, round: false },
	{ name: 'apple-touch-icon', size: 180, inset: 0.04, round: false },
];

const mark = await readFile('static/favicon.svg', 'utf8');
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu'],
});
await mkdir(OUT, { recursive: true });
for (const { name, size, inset, round } of ICONS) {
	const page = await browser.newPage({ viewport: { width: size, height: size } });
	await page.setContent(
		`<body style="margin:0"><div style="width:${size}px;height:${size}px;background:${round ? 'transparent' : GROUND};` +
			`display:grid;place-items:center"><img style="width:${size * (1 - 2 * inset)}px" src="data:image/svg+xml;base64,` +
			`${Buffer.from(mark).toString('base64')}"></div>`,
	);
	await page.locator('img').evaluate((image) => image.decode());
	await page.screenshot({ path: `${OUT}/${name}.png`, omitBackground: true });
	await page.close();
}
await browser.close();
