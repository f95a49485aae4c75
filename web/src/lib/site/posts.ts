import type { Locale } from '$lib/paraglide/runtime.js';
import type { Document } from './documents';

type Loader = () => Promise<Document>;

/** Texts of the site that stand in all three languages, by name: legal pages and notes. */
const TEXTS = import.meta.glob<Document>('./content/*/*.md', { query: '?document' });
const CARDS = import.meta.glob<Pick<Document, 'title' | 'lead'>>('./content/*/*.md', {
	query: '?document-card',
	eager: true,
});

/** Loads a text in a language. Every text there is stands in every language; a test counts them. */
export function text(name: string, locale: Locale): Promise<Document> {
	const load: Loader | undefined = TEXTS[`./content/${locale}/${name}.md`];
	return load ? load() : Promise.reject(new Error(`no text ${name} in ${locale}`));
}

export interface Post {
	slug: string;
	/** The day on which it was written, ISO 8601. */
	date: string;
	minutes: number;
}

/** The notes, the newest first. */
export const POSTS: readonly Post[] = [{ slug: 'blind-votes', date: '2026-11-21', minutes: 4 }];

/** Title and first words of a note in a language. */
export function card(name: string, locale: Locale): Pick<Document, 'title' | 'lead'> {
	return CARDS[`./content/${locale}/${name}.md`] ?? { title: name, lead: '' };
}
