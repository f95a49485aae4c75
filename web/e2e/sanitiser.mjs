// The Markdown renderer against texts that a hostile model, document or person would write, in a real browser: what a
// parser makes of markup is known for certain only there.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const LINK_ATTACKS = [
	'[x](javascript:fired())',
	'[x](JaVaScRiPt:fired())',
	'[x](java\tscript:fired())',
	'[x](&#106;avascript:fired())',
	'[x](\u0001javascript:fired())',
	'[x](vbscript:fired())',
	'[x](data:text/html,<script>fired()</script>)',
	'[x](file:///etc/passwd)',
	'[x](//evil.example/x)',
	'[x](/api/v1/auth/logout)',
	'<javascript:fired()>',
	'[x]: javascript:fired()\n\n[x]',
	'[x](https://ok.example "onclick=fired()")',
];
const MARKUP_ATTACKS = [
	'<script>fired()</script>',
	'<img src=x onerror=fired()>',
	'![x](https://evil.example/pixel.png)',
	'![x](javascript:fired())',
	'<svg onload=fired()>',
	'<svg><style><img src=x onerror=fired()></style></svg>',
	'<math><mtext><table><mglyph><style><!--</style><img title="--><img src=x onerror=fired()>">',
	'<form action=https://evil.example><input name=password><button>Log in</button></form>',
	'<iframe srcdoc="<script>parent.fired()</script>"></iframe>',
	'<style>* { display: none }</style>',
	'<a href="javascript:fired()" class="fixed inset-0">x</a>',
	'<p id="content" name="cookie">x</p>',
	'`<img src=x onerror=fired()>`',
	'| <img src=x onerror=fired()> | b |\n| --- | --- |\n| <script>fired()</script> | x |',
	'> <b onclick=fired()>x</b>',
	'1. <details open ontoggle=fired()>x</details>',
];
const MATH_ATTACKS = [
	'$\\href{javascript:fired()}{x}$',
	'$\\url{javascript:fired()}$',
	'$\\includegraphics{https://evil.example/x.png}$',
	'$\\class{fixed}{x}$',
	'$\\htmlId{content}{x}$',
	'$\\style{position:fixed}{x}$',
	'$\\text{<img src=x onerror=fired()>}$',
	'$\\text{</mtext><script>fired()</script>}$',
	'$$\\def\\a{\\a\\a}\\a$$',
	'$$\\rule{9999em}{9999em}$$',
];
/** What a reader of a text may find in it, and nothing else. */
const ATTRIBUTES =
	/^(href|rel|target|start|class|tabindex|role|aria-label|scope|display|mathvariant|stretchy|fence|form|separator|lspace|rspace|accent|accentunder|linethickness|displaystyle|scriptlevel|columnalign|minsize|maxsize|movablelimits|symmetric|width|height|depth|voffset|notation|largeop)$/;

/** The renderer of the page, as one script for a page of the browser. */
async function bundle() {
	const [{ output }] = await build({
		configFile: false,
		logLevel: 'error',
		build: {
			write: false,
			lib: {
				entry: fileURLToPath(new URL('sanitiser-entry.js', import.meta.url)),
				formats: ['iife'],
				name: 'quorate',
				fileName: 'sanitiser',
			},
		},
	});
	return output[0].code;
}

export async function sanitiser({ test, browser }) {
	const context = await browser.newContext();
	const page = await context.newPage();
	const asked = [];
	page.on('request', (request) => asked.push(request.url()));
	await page.setContent('<!doctype html><main></main>');
	await page.evaluate(() => {
		window.shots = 0;
		window.fired = () => (window.shots += 1);
	});
	await page.addScriptTag({ content: await bundle() });
	asked.length = 0;

	/** Puts a text on the page as the page would, and tells what stands there and what came of it. */
	const render = (text) =>
		page.evaluate(async (source) => {
			const main = document.querySelector('main');
			const { markdownParts, typeset, highlight } = window.quorate;
			const parts = markdownParts(source, { lead: 3, typeset, tableLabel: '"><b>Table' });
			main.innerHTML = parts
				.map((part) => (part.kind === 'html' ? part.html : (highlight(part.text, part.language) ?? '')))
				.join('');
			for (const one of main.querySelectorAll('a, summary')) one.removeAttribute('target');
			await new Promise((done) => setTimeout(done, 30));
			return {
				html: main.innerHTML,
				text: main.textContent,
				names: [...main.querySelectorAll('*')].map((one) => one.localName),
				attributes: [...main.querySelectorAll('*')].flatMap((one) =>
					[...one.attributes].map(({ name }) => name),
				),
				classes: [...main.querySelectorAll('[class]')].flatMap((one) => [...one.classList]),
				links: [...main.querySelectorAll('a')].map((one) => one.getAttribute('href')),
				shots: window.shots,
			};
		}, text);

	const harmless = (found, text) => {
		assert.equal(found.shots, 0, `${text} ran`);
		const forbidden = found.names.filter((name) =>
			/^(script|style|img|svg|iframe|object|embed|form|input|button|link|meta|base|details|video|audio|annotation-xml|mglyph)$/.test(
				name,
			),
		);
		assert.deepEqual(forbidden, [], `${text} made ${found.html}`);
		assert.deepEqual(
			found.attributes.filter((name) => !ATTRIBUTES.test(name)),
			[],
			`${text} made ${found.html}`,
		);
		for (const link of found.links)
			assert.match(link ?? 'https:', /^(https?|mailto):/i, `${text} leads to ${link}`);
		assert.deepEqual(
			found.classes.filter((name) => /^(fixed|absolute|inset)/.test(name)),
			[],
		);
	};

	await test('no link of a text leads anywhere but to the web', async () => {
		for (const text of LINK_ATTACKS) harmless(await render(text), text);
	});
	await test('no markup of a text becomes a part of the page', async () => {
		for (const text of MARKUP_ATTACKS) harmless(await render(text), text);
		for (const text of MARKUP_ATTACKS) {
			const fenced = `\`\`\`xml\n${text}\n\`\`\``;
			const found = await render(fenced);
			assert.equal(found.shots, 0, fenced);
			assert.deepEqual(
				found.names.filter((name) => name !== 'span'),
				[],
				fenced,
			);
		}
	});
	await test('no formula does more than stand there', async () => {
		for (const text of MATH_ATTACKS) harmless(await render(text), text);
	});
	await test('nothing of it was fetched', () => assert.deepEqual(asked, []));

	await test('what a text may hold is all there', async () => {
		const found = await render(
			[
				'# Title',
				'**bold** [web](https://ok.example/a?b=1) <https://ok.example>',
				'| a | b |\n| --- | --- |\n| 1 | 2 |',
				'$$\\frac{1}{2}$$',
				'It costs $5 or $10, and $x^2$ more.',
			].join('\n\n'),
		);
		for (const name of ['h3', 'strong', 'a', 'table', 'th', 'math', 'mfrac', 'msup']) {
			assert.ok(found.names.includes(name), `${name} in ${found.html}`);
		}
		assert.equal(found.names.filter((name) => name === 'math').length, 2, found.html);
		assert.ok(found.text.includes('$5 or $10'), found.text);
		assert.deepEqual(found.links, ['https://ok.example/a?b=1', 'https://ok.example']);
	});
	await test('a very long text is drawn in a moment', async () => {
		const before = Date.now();
		await render(
			`${'> '.repeat(200)}deep\n\n${'*a '.repeat(20_000)}\n\n${'$a '.repeat(5000)}\n\n${'['.repeat(5000)}`,
		);
		assert.ok(Date.now() - before < 10_000, `${Date.now() - before} ms`);
	});
	await context.close();
}
