// Draws the pictures that other sites show with a link to ours (static/og), from the English texts of the pages:
// `node scripts/og.mjs`, to be run anew when a title changes. The drawing is the table of src/lib/ui/TableMark.svelte.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { launch } from '../e2e/browser.mjs';

const { resolve } = createRequire(import.meta.url);
const texts = JSON.parse(readFileSync('messages/en.json', 'utf8'));
const PICTURES = {
	landing: { title: texts.landing_title, line: texts.landing_lead, seats: 9, lit: 7 },
	features: { title: texts.features_title, line: texts.features_description, seats: 8, lit: 1 },
	pricing: { title: texts.pricing_title, line: texts.pricing_self_text, seats: 5, lit: 2 },
	docs: { title: texts.docs_title, line: texts.docs_description, seats: 6, lit: 4 },
	blog: { title: texts.blog_title, line: texts.blog_description, seats: 7, lit: 3 },
	about: { title: 'Quorate', line: texts.about_lead, seats: 7, lit: 5 },
};

const font = (name, path) =>
	`@font-face{font-family:${name};font-weight:400 900;src:url(data:font/woff2;base64,${readFileSync(resolve(path)).toString('base64')})}`;
const fonts =
	font('Besley', '@fontsource-variable/besley/files/besley-latin-wght-normal.woff2') +
	font('Instrument', '@fontsource-variable/instrument-sans/files/instrument-sans-latin-wght-normal.woff2');

function table(seats, lit) {
	const places = Array.from({ length: seats }, (_, index) => {
		const angle = (index / seats) * 2 * Math.PI - Math.PI / 2;
		const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
		const turn = (Math.atan2(sin * 1.7, cos) * 180) / Math.PI + 90;
		const on = index === lit;
		return `<g transform="translate(${210 + 104 * cos} ${150 + 56 * sin}) rotate(${turn})">
			<rect x="-10" y="-13" width="20" height="26" rx="2.5" fill="${on ? '#f0f6ee' : '#124231'}" stroke="#f0f6ee" stroke-opacity=".45"/>
			${on ? '<path d="M-5 .5l3.6 4 6.6-8.5" fill="none" stroke="#124231" stroke-width="2.6"/>' : ''}</g>
			${
				on
					? `<circle cx="${210 + 184 * cos}" cy="${150 + 125 * sin}" r="23" fill="none" stroke="#c98f24" stroke-width="2.5"/>
				<circle cx="${210 + 184 * cos}" cy="${150 + 125 * sin}" r="17" fill="#c98f24"/>`
					: `<circle cx="${210 + 184 * cos}" cy="${150 + 125 * sin}" r="17" fill="#fcfdfa" stroke="#7d8a82" stroke-width="1.75"/>`
			}`;
	});
	return `<svg viewBox="0 0 420 300"><ellipse cx="210" cy="150" rx="152" ry="91" fill="#3a2a1b"/>
		<ellipse cx="210" cy="150" rx="145" ry="84" fill="#1d6047"/>
		<ellipse cx="210" cy="150" rx="134" ry="74" fill="none" stroke="#f0f6ee" stroke-opacity=".2"/>${places.join('')}</svg>`;
}

const page = ({ title, line, seats, lit }) => `<!doctype html><meta charset="utf-8"><style>${fonts}
	*{margin:0;box-sizing:border-box}
	body{width:1200px;height:630px;padding:72px 80px;background:#f3f5f0;color:#15201a;font-family:Instrument;
		display:grid;grid-template-columns:620px 1fr;column-gap:40px;align-items:center;position:relative}
	h1{font:600 76px/1.06 Besley;letter-spacing:-.02em;text-wrap:balance}
	p{margin-top:28px;font-size:29px;line-height:1.4;color:#47554d}
	svg{width:440px}
	.mark{position:absolute;left:80px;top:64px;display:flex;gap:14px;align-items:center;font:600 30px Besley}
	.mark svg{width:44px}
	main{padding-top:56px}
</style><div class="mark"><svg viewBox="0 0 32 32"><circle cx="15" cy="15" r="9.6" fill="none" stroke="#17553d" stroke-width="4"/>
<circle cx="25" cy="25" r="4" fill="#c98f24"/></svg>Quorate</div><main><h1>${title}</h1><p>${line}</p></main>${table(seats, lit)}`;

mkdirSync('static/og', { recursive: true });
const browser = await launch();
const view = await browser.newPage({ viewport: { width: 1200, height: 630 } });
for (const [name, picture] of Object.entries(PICTURES)) {
	await view.setContent(page(picture));
	await view.evaluate(() => document.fonts.ready);
	const png = await view.screenshot();
	writeFileSync(`static/og/${name}.png`, png);
	console.log(`static/og/${name}.png: ${(png.length / 1000).toFixed(0)} kB`);
}
await browser.close();
