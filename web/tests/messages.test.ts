import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const LOCALES = ['en', 'es', 'zh'] as const;
/** A message whose words depend on a number or a choice. */
interface Variants {
	declarations: string[];
	selectors?: string[];
	match: Record<string, string>;
}
type Message = string | Variants[];
type Messages = Record<string, Message>;

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

/** Every text of a message; a plain one has a single text. */
function texts(message: Message | undefined): string[] {
	if (message === undefined) return [];
	return typeof message === 'string' ? [message] : message.flatMap(({ match }) => Object.values(match));
}

/** What a message is given: the names in its texts, and those that it chooses its words by. */
function placeholders(message: Message | undefined): string[] {
	const inputs = Array.isArray(message)
		? message.flatMap(({ declarations }) =>
				declarations.flatMap((one) => one.match(/^input (\w+)/)?.slice(1) ?? []),
			)
		: [];
	const named = texts(message).flatMap((text) =>
		[...text.matchAll(/\{(\w+)\}/g)].flatMap((match) => match.slice(1)),
	);
	return [...new Set([...inputs, ...named])].sort();
}

/** The branches of a message that are chosen by the plural of a number: selector and category. */
function pluralBranches(message: Message | undefined): Map<string, Set<string>> {
	const found = new Map<string, Set<string>>();
	for (const { declarations, match } of Array.isArray(message) ? message : []) {
		const plurals = declarations.flatMap((one) => one.match(/^local (\w+) = \w+: plural\b/)?.slice(1) ?? []);
		for (const branch of Object.keys(match)) {
			for (const [, selector = '', category = ''] of branch.matchAll(/(\w+)=([\w*]+)/g)) {
				if (!plurals.includes(selector)) continue;
				found.set(selector, (found.get(selector) ?? new Set()).add(category));
			}
		}
	}
	return found;
}

/** What a number that a page shows can be; fractions and millions are not counted in words here. */
function categories(locale: string): Set<string> {
	const rules = new Intl.PluralRules(locale);
	return new Set(Array.from({ length: 1000 }, (_, number) => rules.select(number)));
}
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
			expect(
				Object.entries(own).filter(
					([, message]) => texts(message).some((text) => text.trim() === '') || texts(message).length === 0,
				),
			).toEqual([]);
			expect(Object.keys(own)).toEqual([...Object.keys(own)].sort());
		});

		it(`has the same values in each message in ${locale}`, () => {
			const own = messages[locale] ?? {};
			const wrong = Object.keys(english).filter(
				(key) => placeholders(own[key]).join() !== placeholders(english[key]).join(),
			);
			expect(wrong).toEqual([]);
		});

		it(`has a branch for every number in ${locale}`, () => {
			const own = messages[locale] ?? {};
			const needed = categories(locale);
			const wrong = Object.entries(own).flatMap(([key, message]) =>
				[...pluralBranches(message)].flatMap(([selector, given]) => {
					const missing = given.has('*') || given.has('other') ? [] : ['other'];
					for (const category of needed) if (!given.has(category) && !given.has('*')) missing.push(category);
					return missing.length > 0 ? [`${key}: ${selector} lacks ${[...new Set(missing)].join(', ')}`] : [];
				}),
			);
			expect(wrong).toEqual([]);
			// Where English counts in words, this language does too, even if all its numbers take the same.
			const counted = (all: Messages) =>
				Object.keys(english).filter((key) => pluralBranches(all[key]).size > 0);
			expect(counted(own)).toEqual(counted(english));
		});
	}

	it('is translated: Spanish and Chinese do not repeat the English', () => {
		// Words that are the same in both languages.
		const same = new Set(['decision_no', 'round_number']);
		for (const locale of ['es', 'zh']) {
			const copied = Object.keys(english).filter(
				(key) =>
					!same.has(key) &&
					texts(messages[locale]?.[key]).join('|') === texts(english[key]).join('|') &&
					// Names and signs alone have no language.
					/\p{L}/u.test(
						texts(english[key])
							.join('')
							.replace(/\{\w+\}/g, ''),
					),
			);
			expect(copied).toEqual([]);
		}
	});
});
