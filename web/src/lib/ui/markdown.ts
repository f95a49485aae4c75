import DOMPurify from 'dompurify';
import MarkdownIt from 'markdown-it';

// `html: false` and no images: text of a model must not load anything from anywhere.
const parser = new MarkdownIt({ html: false, linkify: false, typographer: false }).disable('image');

const TAGS = [
	...['p', 'br', 'hr', 'strong', 'em', 's', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'a'],
	...['h2', 'h3', 'h4', 'h5', 'h6', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
];

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
	if (node.nodeName !== 'A') return;
	node.setAttribute('rel', 'noopener noreferrer nofollow');
	node.setAttribute('target', '_blank');
});

/**
 * Markdown as safe HTML. Headings begin at level `lead`, so that a contribution fits into the page's outline.
 */
export function renderMarkdown(text: string, lead: number): string {
	const tokens = parser.parse(text, {});
	for (const token of tokens) {
		if (token.type === 'heading_open' || token.type === 'heading_close') {
			token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + lead - 1)}`;
		}
	}
	return DOMPurify.sanitize(parser.renderer.render(tokens, parser.options, {}), {
		ALLOWED_TAGS: TAGS,
		ALLOWED_ATTR: ['href', 'start'],
		ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
	});
}
