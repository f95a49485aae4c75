import DOMPurify from 'dompurify';
import MarkdownIt, { type Token } from 'markdown-it';
import { mathRules, type Typeset } from './markdown-math';

/** A piece of a text: code that stands for itself, or everything between as safe HTML. */
export type Part = { kind: 'html'; html: string } | { kind: 'code'; text: string; language: string };

export interface Options {
	/** The level of the highest heading, so that a contribution fits into the page's outline. */
	lead: number;
	/** Sets formulas; without it they stand as they were typed. */
	typeset?: Typeset | null;
	/** The name of the frame in which a wide table scrolls. */
	tableLabel?: string;
}

const HTML = [
	...['p', 'br', 'hr', 'strong', 'em', 's', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'a', 'div'],
	...['h2', 'h3', 'h4', 'h5', 'h6', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'span'],
];
// What Temml draws with, without the parts of MathML that may hold foreign content.
const MATHML = [
	...[
		'math',
		'mrow',
		'mi',
		'mo',
		'mn',
		'ms',
		'mtext',
		'mspace',
		'mfrac',
		'msqrt',
		'mroot',
		'mstyle',
		'mpadded',
	],
	...['msub', 'msup', 'msubsup', 'munder', 'mover', 'munderover', 'mmultiscripts', 'mprescripts', 'none'],
	...['mtable', 'mtr', 'mtd', 'mphantom', 'menclose'],
];
const ATTRIBUTES = [
	...['href', 'start', 'class', 'tabindex', 'role', 'aria-label', 'scope'],
	...['display', 'mathvariant', 'stretchy', 'fence', 'form', 'separator', 'lspace', 'rspace', 'accent'],
	...['accentunder', 'linethickness', 'displaystyle', 'scriptlevel', 'columnalign', 'minsize', 'maxsize'],
	...['movablelimits', 'symmetric', 'width', 'height', 'depth', 'voffset', 'notation', 'largeop'],
];
/** Classes that this file and Temml give; any other would let a text dress up as a part of the page. */
const CLASSES = /^(?:table-scroll|math-block|math-source|tml-[\w-]+|small|big)$/;
const LINKS = /^(?:https?:|mailto:)/i;

// A sanitiser of its own: hooks belong to the instance, and the page has other uses for the shared one.
const purifier = DOMPurify(window);

purifier.addHook('afterSanitizeAttributes', (node) => {
	const kept = [...node.classList].filter((name) => CLASSES.test(name));
	if (kept.length > 0) node.setAttribute('class', kept.join(' '));
	else node.removeAttribute('class');
	if (node.nodeName !== 'A') return;
	if (!LINKS.test(node.getAttribute('href') ?? '')) {
		node.removeAttribute('href');
		return;
	}
	node.setAttribute('rel', 'noopener noreferrer nofollow');
	node.setAttribute('target', '_blank');
});

/** The last step before the page, whatever the parser or the typesetter made. */
export function sanitise(html: string): string {
	return purifier.sanitize(html, {
		ALLOWED_TAGS: [...HTML, ...MATHML],
		ALLOWED_ATTR: ATTRIBUTES,
		ALLOWED_URI_REGEXP: LINKS,
		ALLOW_DATA_ATTR: false,
		ALLOW_ARIA_ATTR: false,
	});
}

// `html: false` and no images: text of a model must not load anything from anywhere.
const parser = new MarkdownIt({ html: false, linkify: false, typographer: false })
	.disable('image')
	.use(mathRules);

parser.renderer.rules.table_open = (_tokens, _index, _options, env) => {
	const label = parser.utils.escapeHtml(String(env?.tableLabel ?? ''));
	return `<div class="table-scroll" role="group" tabindex="0" aria-label="${label}"><table>`;
};
parser.renderer.rules.table_close = () => '</table></div>';
parser.renderer.rules.th_open = () => '<th scope="col">';

function level(token: Token, lead: number) {
	if (token.type !== 'heading_open' && token.type !== 'heading_close') return;
	token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + lead - 1)}`;
}

/** Markdown in pieces: fenced code that belongs to no list or quotation by itself, so that the page can draw it. */
export function markdownParts(text: string, options: Options): Part[] {
	const parts: Part[] = [];
	const env = { ...options };
	let open: Token[] = [];
	const flush = () => {
		if (open.length === 0) return;
		const html = sanitise(parser.renderer.render(open, parser.options, env));
		if (html !== '') parts.push({ kind: 'html', html });
		open = [];
	};
	for (const token of parser.parse(text, env)) {
		if (token.type === 'fence' && token.level === 0) {
			flush();
			const language = token.info.trim().split(/\s+/u)[0]?.toLowerCase() ?? '';
			parts.push({ kind: 'code', text: token.content.replace(/\n$/, ''), language });
			continue;
		}
		level(token, options.lead);
		open.push(token);
	}
	flush();
	return parts;
}
