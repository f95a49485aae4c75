import type { Rendered } from '../../../scripts/documents';
import type { Entry } from './search';

/** Every passage of the documentation. Loaded when somebody begins to search. */
export const ENTRIES: Entry[] = Object.entries(
	import.meta.glob<Pick<Rendered, 'title' | 'sections'>>('../../../../docs/*.md', {
		query: '?document-search',
		eager: true,
	}),
).flatMap(([path, { title, sections }]) => {
	const slug = path.replace(/^.*\/|\.md.*$/g, '');
	return sections.map((section) => ({
		href: `/docs/${slug}${section.id ? `#${section.id}` : ''}`,
		document: title,
		heading: section.heading || title,
		text: section.text,
	}));
});
