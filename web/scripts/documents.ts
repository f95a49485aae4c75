// Markdown files of the repository as modules, rendered while the page is built. The browser gets finished HTML and no
// Markdown parser. Only our own files come this way; text of people and models goes through src/lib/ui/markdown.ts,
// which sanitises.
import { readFileSync } from 'node:fs';
import MarkdownIt from 'markdown-it';
import type { Plugin } from 'vite';

type Markdown = InstanceType<typeof MarkdownIt>;
type Token = ReturnType<Markdown['parse']>[number];

export interface Heading {
	id: string;
	text: string;
	level: number;
}
/** A heading with the text below it, as the search reads it. */
export interface Passage {
	id: string;
	heading: string;
	text: string;
}
export interface Rendered {
	html: string;
	title: string;
	/** The first paragraph, cut to what a search engine shows. */
	lead: string;
	toc: Heading[];
	sections: Passage[];
}

/** What a module holds, by the query of its import: lists and the search do without the weight of the text. */
const PARTS: Record<string, (keyof Rendered)[]> = {
	document: ['html', 'title', 'lead', 'toc'],
	'document-card': ['title', 'lead'],
	'document-search': ['title', 'sections'],
};
const PASSAGE_LENGTH = 600;
const LEAD_LENGTH = 190;

/** The id of a heading, as GitHub makes it, so that links between the files hold on both sides. */
export function slug(text: string, taken = new Set<string>()): string {
	const base =
		text
			.toLowerCase()
			.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
			.trim()
			.replaceAll(/\s/g, '-') || 'section';
	let id = base;
	for (let count = 1; taken.has(id); count += 1) id = `${base}-${count}`;
	taken.add(id);
	return id;
}

/** Where a link of a document leads on the site; null for files that the site does not show. */
export function siteAddress(href: string): string | null {
	if (/^[a-z][a-z+.-]*:/i.test(href) || href.startsWith('#') || href.startsWith('/')) return href;
	if (/(^|\/)openapi\.json$/.test(href)) return '/api/v1/openapi.json';
	const found = /^(?:\.\/)?([\w-]+)\.md(#.*)?$/.exec(href);
	return found ? `/docs/${found[1]}${found[2] ?? ''}` : null;
}

function plain(token: Token | undefined): string {
	return (token?.children ?? [])
		.map((child) =>
			child.type === 'softbreak'
				? ' '
				: child.type === 'text' || child.type === 'code_inline'
					? child.content
					: '',
		)
		.join('')
		.trim();
}

/** Links between files become links between pages; a link to a file that the site does not show becomes its text. */
function redirectLinks(token: Token) {
	const open: (string | null)[] = [];
	token.children = (token.children ?? []).filter((child) => {
		if (child.type === 'link_open') {
			const address = siteAddress(String(child.attrGet('href') ?? ''));
			open.push(address);
			if (address === null) return false;
			child.attrSet('href', address);
		}
		return child.type !== 'link_close' || open.pop() !== null;
	});
}

function parser(): Markdown {
	const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
	const { rules } = markdown.renderer;
	// What is wider than the page scrolls by itself, also by keyboard.
	rules.table_open = () => '<div class="wide" role="group" tabindex="0"><table>';
	rules.table_close = () => '</table></div>';
	const fence = rules.fence;
	rules.fence = (...all) =>
		`<div class="code">${fence?.(...all).replace('<pre>', '<pre tabindex="0">') ?? ''}</div>\n`;
	return markdown;
}

/** Renders one document. The first heading becomes its title, the first paragraph its description. */
export function renderDocument(source: string): Rendered {
	const markdown = parser();
	const tokens = markdown.parse(source, {});
	const taken = new Set<string>();
	const toc: Heading[] = [];
	const kept: Token[] = [];
	let title = '';
	let lead = '';
	let passage: Passage = { id: '', heading: '', text: '' };
	const sections = [passage];
	let skip = 0;
	for (const [at, token] of tokens.entries()) {
		if (skip > 0) {
			skip -= 1;
			continue;
		}
		if (token.type === 'heading_open') {
			const text = plain(tokens[at + 1]);
			if (token.tag === 'h1' && title === '') {
				title = text;
				skip = 2;
				continue;
			}
			const id = slug(text, taken);
			token.attrSet('id', id);
			toc.push({ id, text, level: Number(token.tag.slice(1)) });
			passage = { id, heading: text, text: '' };
			sections.push(passage);
		}
		const before = tokens[at - 1]?.type;
		if (token.type === 'inline') {
			const text = plain(token);
			if (lead === '' && before === 'paragraph_open') lead = text;
			if (before !== 'heading_open') passage.text += `${text} `;
			redirectLinks(token);
		}
		if (token.type === 'fence') passage.text += `${token.content} `;
		kept.push(token);
	}
	return {
		html: markdown.renderer.render(kept, markdown.options, {}),
		title,
		lead: lead.length > LEAD_LENGTH ? `${lead.slice(0, lead.lastIndexOf(' ', LEAD_LENGTH))} …` : lead,
		toc: toc.filter((heading) => heading.level < 4),
		sections: sections
			.map((one) => ({ ...one, text: one.text.replaceAll(/\s+/g, ' ').trim().slice(0, PASSAGE_LENGTH) }))
			.filter((one) => one.text !== '' || one.heading !== ''),
	};
}

export function documents(): Plugin {
	return {
		name: 'quorate-documents',
		enforce: 'pre',
		load(id) {
			const [file = '', query = ''] = id.split('?');
			const parts = PARTS[query];
			if (!parts) return null;
			this.addWatchFile(file);
			const document = renderDocument(readFileSync(file, 'utf8'));
			return parts.map((part) => `export const ${part} = ${JSON.stringify(document[part])};`).join('\n');
		},
	};
}
