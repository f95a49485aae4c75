import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderDocument } from '../scripts/documents';

const CONTENT = 'src/lib/site/content';
const LANGUAGES = ['en', 'es', 'zh'];
const read = (language: string, name: string) => readFileSync(`${CONTENT}/${language}/${name}`, 'utf8');
const names = readdirSync(`${CONTENT}/en`);

function sources(directory: string): string[] {
	return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
		const path = join(directory, entry.name);
		if (entry.isDirectory()) return entry.name === 'paraglide' ? [] : sources(path);
		return /\.(svelte|ts)$/.test(entry.name) && !entry.name.includes('.test.')
			? [readFileSync(path, 'utf8')]
			: [];
	});
}

describe('the texts of the site', () => {
	it('stand in every language, part for part', () => {
		for (const language of LANGUAGES) {
			expect(readdirSync(`${CONTENT}/${language}`)).toEqual(names);
			for (const name of names) {
				const [own, english] = [renderDocument(read(language, name)), renderDocument(read('en', name))];
				expect(own.title, `${language}/${name}`).not.toBe('');
				expect(own.toc.map((heading) => heading.level)).toEqual(english.toc.map((heading) => heading.level));
				const shape = (html: string) => [...html.matchAll(/<(tr|li|a|h2)\b/g)].map((match) => match[1]);
				expect(shape(own.html), `${language}/${name}`).toEqual(shape(english.html));
			}
		}
	});

	it('name every cookie and every entry of storage that the program sets', () => {
		const code = sources('src').join('\n');
		const stored = new Set([...code.matchAll(/'(quorate[._][a-z_.]+)'/g)].map((match) => match[1] ?? ''));
		// The name of a lock that tabs take turns by; it stores nothing.
		stored.delete('quorate.refresh');
		const cookies = readFileSync('../platform/http/src/cookies.rs', 'utf8');
		const social = readFileSync('../domains/identity/src/http/social/cookie.rs', 'utf8');
		for (const [, name] of `${cookies}${social}`.matchAll(/: &str = "(quorate_\w+)"/g))
			stored.add(name ?? '');
		expect(stored.size).toBeGreaterThan(6);
		for (const language of LANGUAGES) {
			const text = read(language, 'cookies.md');
			// A name that ends in a dot goes on with whose it is.
			const named = (name: string) => text.includes(name.endsWith('.') ? `\`${name}` : `\`${name}\``);
			expect([...stored].filter((name) => !named(name))).toEqual([]);
		}
	});
});
