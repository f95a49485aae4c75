import type { Rendered } from '../../../scripts/documents';

export type Document = Pick<Rendered, 'html' | 'title' | 'lead' | 'toc'>;

/** The order in which somebody new reads; a document that is not named comes after these. */
const FIRST = ['quickstart', 'deliberation', 'accounts', 'providers', 'api', 'configuration'];

function named<T>(files: Record<string, T>): [string, T][] {
	const place = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
	return Object.entries(files)
		.map(([path, file]): [string, T] => [path.replace(/^.*\/|\.md.*$/g, ''), file])
		.sort(([a], [b]) => place(a) - place(b) || a.localeCompare(b));
}

/** The documents of the repository by file name, in reading order. */
export const DOCS = new Map(
	named(import.meta.glob<Document>('../../../../docs/*.md', { query: '?document' })),
);

/** What a list shows of each document. */
export const DOC_CARDS = named(
	import.meta.glob<Pick<Rendered, 'title' | 'lead'>>('../../../../docs/*.md', {
		query: '?document-card',
		eager: true,
	}),
).map(([slug, { title, lead }]) => ({ slug, title, lead }));
