import { DOCS } from '$lib/site/documents';
import { PAGES } from '$lib/site/pages';
import { POSTS } from '$lib/site/posts';

export const prerender = true;

export function GET({ url }) {
	const paths = [
		...PAGES,
		...[...DOCS.keys()].map((slug) => `/docs/${slug}`),
		...POSTS.map((post) => `/blog/${post.slug}`),
	];
	const entries = paths.map((path) => `\t<url><loc>${url.origin}${path}</loc></url>`).join('\n');
	return new Response(
		`<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${entries}\n</urlset>\n`,
		{ headers: { 'content-type': 'application/xml' } },
	);
}
