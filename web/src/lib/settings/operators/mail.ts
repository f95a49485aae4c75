/*
 * A mail's page for a frame without any rights. What keeps it harmless is the frame (`sandbox=""`) and the app's policy,
 * which the frame inherits. The policy allows no inline style and nothing from elsewhere; what it would refuse, loudly
 * and on every view, is taken out beforehand. That is done on the text: whatever parses it would refuse it first.
 */

const BLOCKS = /<(script|style|title)\b[^>]*>[\s\S]*?<\/\1\s*>/gi;
const SINGLES = /<\/?(?:script|style|link|meta|base|iframe|object|embed|form)\b[^>]*>/gi;
const TAGS = /<[a-z](?:"[^"]*"|'[^']*'|[^"'<>])*>/gi;
const ATTRIBUTES = /[\s/](?:style|background|srcset|on[a-z]+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+)/gi;
const SOURCES = /[\s/]src\s*=\s*(?:"(?!data:)[^"]*"|'(?!data:)[^']*'|(?!["']|data:)[^\s>]+)/gi;

/** The mail as a page with our own sheet. */
export function mailPage(html: string, sheet: string): string {
	const bare = html
		.replace(/<!doctype[^>]*>/gi, '')
		.replace(BLOCKS, '')
		.replace(SINGLES, '')
		.replace(TAGS, (tag) => tag.replace(ATTRIBUTES, '').replace(SOURCES, ''));
	const link = `<link rel="stylesheet" href="${sheet.replaceAll('"', '&quot;')}">`;
	return `<!doctype html>${link}${bare}`;
}
