import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const LOCALES = ['en', 'es', 'zh'] as const;
type Messages = Record<string, string>;

function read(locale: string): Messages {
	const all = JSON.parse(readFileSync(`messages/${locale}.json`, 'utf8')) as Messages;
	return Object.fromEntries(Object.entries(all).filter(([key]) => key !== '$schema'));
}

function sources(directory: string): string[] {
	return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
		const path = join(directory, entry.name);
		if (entry.isDirectory()) return entry.name === 'paraglide' ? [] : sources(path);
		return /\.(svelte|ts)$/.test(entry.name) ? [readFileSync(path, 'utf8')] : [];
	});
}

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
const messages = Object.fromEntries(LOCALES.map((locale) => [locale, read(locale)])) as Record<
	string,
	Messages
>;
const english = messages.en ?? {};
const used = new Set(
	sources('src').flatMap((source) => [...source.matchAll(/\bm\.([a-zA-Z_0-9]+)/g)].map((match) => match[1])),
);

describe('messages', () => {
	it('uses no key that does not exist', () => {
		expect([...used].filter((key) => !(key! in english))).toEqual([]);
	});

	it('keeps no key that nothing uses', () => {
		expect(Object.keys(english).filter((key) => !used.has(key))).toEqual([]);
	});

	for (const locale of LOCALES) {
		it(`has every key in ${locale}, with a text and in order`, () => {
			const own = messages[locale] ?? {};
			expect(Object.keys(own)).toEqual(Object.keys(english));
			expect(Object.entries(own).filter(([, text]) => text.trim() === '')).toEqual([]);
			expect(Object.keys(own)).toEqual([...Object.keys(own)].sort());
		});

		it(`has the same values in each message in ${locale}`, () => {
			const own = messages[locale] ?? {};
			const wrong = Object.keys(english).filter(
				(key) => placeholders(own[key] ?? '').join() !== placeholders(english[key] ?? '').join(),
			);
			expect(wrong).toEqual([]);
		});
	}

	it('is translated: Spanish and Chinese do not repeat the English', () => {
		// Words that are the same in both languages.
		const same = new Set(['decision_no', 'round_number']);
		for (const locale of ['es', 'zh']) {
			const copied = Object.keys(english).filter(
				(key) => !same.has(key) && messages[locale]?.[key] === english[key],
			);
			expect(copied).toEqual([]);
		}
	});
});
