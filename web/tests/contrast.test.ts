import { readFileSync } from 'node:fs';
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
	['ink-soft', 'baize-soft'],
] as [string, string][];

describe.each(Object.keys(themes))('%s theme', (name) => {
	const theme = themes[name] ?? {};
	it.each(PAIRS)('%s on %s reaches 4.5', (text, ground) => {
		expect(theme[text], text).toBeDefined();
		expect(theme[ground], ground).toBeDefined();
		expect(contrast(theme[text] ?? '', theme[ground] ?? '')).toBeGreaterThanOrEqual(4.5);
	});

	it.each(GROUNDS)('the edge of a control on %s reaches 3', (ground) => {
		expect(contrast(theme.edge ?? '', theme[ground] ?? '')).toBeGreaterThanOrEqual(3);
	});
});
