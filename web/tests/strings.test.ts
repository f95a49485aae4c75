// Every word that a reader sees or hears comes from messages/: this finds those that are written into a template.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, type AST } from 'svelte/compiler';
import { expect, it } from 'vitest';

/** Attributes whose value people read or hear. */
const READ = new Set([
	'alt',
	'aria-description',
	'aria-label',
	'aria-roledescription',
	'placeholder',
	'title',
]);
/** Properties of our own components that end up as such. */
const OWN = new Set([
	'caption',
	'description',
	'hint',
	'label',
	'lead',
	'legend',
	'note',
	'submit',
	'text',
	'told',
]);
/** Names, units and signs, which are the same in every language. */
const SAME = new Set([
	'Quorate',
	'CSV',
	'JSON',
	'API',
	'URL',
	'kB',
	'MB',
	'GB',
	'ms',
	'px',
	'Esc',
	'Ctrl',
	'ID',
]);
/** Elements whose text is no prose. */
const MACHINE = new Set(['code', 'kbd', 'pre', 'script', 'style']);

interface Node {
	type: string;
	[key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
	typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** The words of a text that are in a language. */
function words(text: string): string[] {
	// Addresses and identifiers are for machines.
	const prose = text.replaceAll(/\S*(?:\w[._/]\w|:\/\/)\S*/g, ' ');
	return (prose.match(/\p{L}[\p{L}\p{M}'’-]*/gu) ?? []).filter((word) => word.length > 1 && !SAME.has(word));
}

/** The texts in an expression that would be shown as they are: strings, and the branches of a choice between them. */
function literals(expression: unknown): string[] {
	if (!isNode(expression)) return [];
	if (expression.type === 'Literal') return typeof expression.value === 'string' ? [expression.value] : [];
	if (expression.type === 'TemplateLiteral') {
		return (expression.quasis as { value: { raw: string } }[]).map((part) => part.value.raw);
	}
	if (expression.type === 'ConditionalExpression') {
		return [...literals(expression.consequent), ...literals(expression.alternate)];
	}
	if (expression.type === 'LogicalExpression') {
		return [...literals(expression.left), ...literals(expression.right)];
	}
	return [];
}

/** Walks a template and reports each text that does not come from a message. */
export function hardCoded(source: string): string[] {
	const found: string[] = [];
	const report = (text: string, where: string) => {
		if (words(text).length > 0) found.push(`${where}: ${text.trim().replaceAll(/\s+/g, ' ')}`);
	};
	const walk = (node: unknown, silent: boolean) => {
		if (Array.isArray(node)) {
			for (const one of node) walk(one, silent);
			return;
		}
		if (!isNode(node)) return;
		if (node.type === 'Text') {
			if (!silent) report(node.data as string, 'text');
			return;
		}
		if (node.type === 'ExpressionTag') {
			if (!silent) for (const text of literals(node.expression)) report(text, 'expression');
			return;
		}
		if (node.type === 'Attribute') {
			const name = node.name as string;
			if (!READ.has(name) && !OWN.has(name)) return;
			const parts = Array.isArray(node.value) ? node.value : [node.value];
			for (const part of parts as Node[]) {
				if (part?.type === 'Text') report(part.data as string, name);
				else if (part?.type === 'ExpressionTag')
					for (const text of literals(part.expression)) report(text, name);
			}
			return;
		}
		const own = silent || (node.type === 'RegularElement' && MACHINE.has(node.name as string));
		for (const [key, value] of Object.entries(node)) {
			// Expressions of blocks ({#if a === 'b'}) and scripts are no text.
			if (['expression', 'test', 'context', 'key', 'css', 'instance', 'module', 'metadata'].includes(key))
				continue;
			if (typeof value === 'object') walk(value, own);
		}
	};
	const root: AST.Root = parse(source, { modern: true });
	walk(root.fragment, false);
	return found;
}

function templates(directory: string): string[] {
	return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
		const path = join(directory, entry.name);
		if (entry.isDirectory()) return entry.name === 'paraglide' ? [] : templates(path);
		return entry.name.endsWith('.svelte') ? [path] : [];
	});
}

it.each([
	['<p>Save your work</p>', 1],
	['<input placeholder="Your name" />', 1],
	['<button aria-label={open ? "Close" : "Open"}></button>', 2],
	['<Field label="Email" />', 1],
	['<p>{ok ? "Yes" : m.no()}</p>', 1],
	['<p>{`All ${count} of them`}</p>', 2],
	['{#if kind === "board"}<p>{m.board()}</p>{/if}', 0],
	['<svelte:head><title>{m.title()} · Quorate</title></svelte:head>', 0],
	['<p class="font medium" data-kind="word">{m.text()} 12 %</p>', 0],
	['<code>npm install</code>', 0],
])('%s has %i hard-coded texts', (source, count) => {
	expect(hardCoded(source)).toHaveLength(count);
});

it('no template has words of its own', () => {
	const found = templates('src').flatMap((path) =>
		hardCoded(readFileSync(path, 'utf8')).map((text) => `${path} ${text}`),
	);
	expect(found).toEqual([]);
});
