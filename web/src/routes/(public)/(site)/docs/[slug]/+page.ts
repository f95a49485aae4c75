import { error } from '@sveltejs/kit';
import { DOC_CARDS, DOCS } from '$lib/site/documents';

export const entries = () => [...DOCS.keys()].map((slug) => ({ slug }));

export async function load({ params }) {
	const open = DOCS.get(params.slug);
	if (!open) error(404, 'Not Found');
	const { html, title, lead, toc } = await open();
	const at = DOC_CARDS.findIndex((card) => card.slug === params.slug);
	return { html, title, lead, toc, before: DOC_CARDS[at - 1], after: DOC_CARDS[at + 1] };
}
