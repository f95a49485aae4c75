import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderDocument, siteAddress, slug } from '../scripts/documents';

describe('documents', () => {
	it('makes ids as GitHub does, each once', () => {
		const taken = new Set<string>();
		expect(slug('`models.routes[]`', taken)).toBe('modelsroutes');
		expect(slug("API keys, and other vendors' clients", taken)).toBe('api-keys-and-other-vendors-clients');
		expect([slug('Votes', taken), slug('Votes', taken)]).toEqual(['votes', 'votes-1']);
	});

	it('leads links to pages of the site, and nowhere when the site has none', () => {
		expect(siteAddress('providers.md#routes')).toBe('/docs/providers#routes');
		expect(siteAddress('../openapi.json')).toBe('/api/v1/openapi.json');
		expect(siteAddress('https://example.org/a.md')).toBe('https://example.org/a.md');
		expect(siteAddress('../README.md')).toBeNull();
		expect(renderDocument('# T\n\nSee [the readme](../README.md).').html).toContain('<p>See the readme.</p>');
	});

	it('takes the title and the first paragraph out for the head of the page', () => {
		const { title, lead, html, toc } = renderDocument('# The title\n\nFirst *words*.\n\n## Part `a`\n\nText');
		expect({ title, lead }).toEqual({ title: 'The title', lead: 'First words.' });
		expect(html).not.toContain('<h1');
		expect(toc).toEqual([{ id: 'part-a', text: 'Part a', level: 2 }]);
	});

	it('runs no HTML of a document', () => {
		expect(renderDocument('# T\n\n<script>x()</script>').html).not.toContain('<script');
	});

	it('finds every heading that a document of ours links to', () => {
		const files = readdirSync('../docs').filter((name) => name.endsWith('.md'));
		const rendered = new Map(
			files.map((name) => [name.slice(0, -3), renderDocument(readFileSync(`../docs/${name}`, 'utf8'))]),
		);
		const missing = [...rendered].flatMap(([name, { html }]) =>
			[...html.matchAll(/href="(?:\/docs\/([\w-]+))?(?:#([^"]*))?"/g)]
				.map(([link, target = name, anchor]) => ({ link, target, anchor }))
				.filter(({ target, anchor }) => {
					const found = rendered.get(target);
					return !found || (anchor && !found.html.includes(`id="${anchor}"`));
				})
				.map(({ link }) => `${name}: ${link}`),
		);
		expect(missing).toEqual([]);
	});
});
