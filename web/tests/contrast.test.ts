import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const css = readFileSync('src/lib/ui/tokens.css', 'utf8');

function tokens(block: RegExp): Record<string, string> {
	const body = css.match(block)?.[1] ?? '';
	return Object.fromEntries(
		[...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, hex]) => [name, hex]),
	);
}

const themes: Record<string, Record<string, string>> = {
	light: tokens(/:root \{([\s\S]*?)\n\}/),
	dark: tokens(/\[data-theme='dark'\] \{([\s\S]*?)\n\}/),
};

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
	const [r, g, b] = [1, 3, 5].map((at) => {
		const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
		return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
	}) as [number, number, number];
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
	const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
	return (high + 0.05) / (low + 0.05);
}

const TEXTS = ['ink', 'ink-soft', 'ink-faint', 'baize', 'brass', 'oxblood', 'slate'];
const GROUNDS = ['paper', 'surface', 'sunken'];
const PAIRS = [
	...TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground])),
	...['baize', 'brass', 'oxblood', 'slate'].map((tone) => [tone, `${tone}-soft`]),
	['on-baize', 'baize'],
	['on-baize', 'baize-hover'],
	['on-felt', 'felt'],
	['on-felt', 'felt-deep'],
	['felt-deep', 'on-felt'],
	...['baize-soft', 'brass-soft', 'oxblood-soft', 'slate-soft'].flatMap((ground) => [
		['ink', ground],
		['ink-soft', ground],
	]),
] as [string, string][];

/** The names of Tailwind's colours in app.css and the tokens behind them. */
const NAMES: Record<string, string> = { soft: 'ink-soft', faint: 'ink-faint' };
const token = (name: string) => NAMES[name] ?? name;

function templates(directory: string): string[] {
	return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
		const path = join(directory, entry.name);
		if (entry.isDirectory()) return templates(path);
		return entry.name.endsWith('.svelte') ? [path] : [];
	});
}

/** The text and ground that stand together in one list of classes, without those of states and of tinted grounds. */
function pairsUsed(): Map<string, string> {
	const known = new Set(Object.keys(themes.light ?? {}));
	const found = new Map<string, string>();
	for (const path of templates('src')) {
		for (const [, classes = ''] of readFileSync(path, 'utf8').matchAll(
			/["'`]([^"'`\n]*\bbg-[^"'`\n]*)["'`]/g,
		)) {
			const words = classes.split(/\s+/);
			const of = (kind: string) =>
				words
					.filter((word) => word.startsWith(`${kind}-`))
					.map((word) => token(word.slice(kind.length + 1)))
					.filter((name) => known.has(name));
			for (const ground of of('bg')) for (const text of of('text')) found.set(`${text} on ${ground}`, path);
		}
	}
	return found;
}

it('measures every text on every ground that the templates put together', () => {
	const measured = new Set(PAIRS.map(([text, ground]) => `${text} on ${ground}`));
	const used = pairsUsed();
	expect(used.size).toBeGreaterThan(5);
	expect([...used].filter(([pair]) => !measured.has(pair))).toEqual([]);
});

describe.each(Object.keys(themes))('%s theme', (name) => {
	const theme = themes[name] ?? {};
	it.each(PAIRS)('%s on %s reaches 4.5', (text, ground) => {
		expect(theme[text], text).toBeDefined();
		expect(theme[ground], ground).toBeDefined();
		expect(contrast(theme[text] ?? '', theme[ground] ?? '')).toBeGreaterThanOrEqual(4.5);
	});

	// What a chart draws, and the signs beside a text (WCAG 1.4.11).
	it.each(
		['baize', 'brass', 'oxblood', 'slate', 'ink'].flatMap((ink) => GROUNDS.map((ground) => [ink, ground])),
	)('a line of %s on %s reaches 3', (ink, ground) => {
		expect(contrast(theme[ink] ?? '', theme[ground] ?? '')).toBeGreaterThanOrEqual(3);
	});

	it.each(GROUNDS)('the edge of a control on %s reaches 3', (ground) => {
		expect(contrast(theme.edge ?? '', theme[ground] ?? '')).toBeGreaterThanOrEqual(3);
	});
});
