import type { Env, MarkdownIt } from 'markdown-it';

/** Sets a formula as MathML; null when it is none that can be set. */
export type Typeset = (source: string, block: boolean) => string | null;

// Pandoc's rule, so that prices stay prices: no space inside the dollars, and no digit behind them.
const INLINE = /^\$(?![\s$])((?:\\.|[^\\$\n]){0,400}?[^\s\\$]|\\[^\s]|[^\s\\$])\$(?!\d)/;
const BRACKETS = /^\\\(((?:\\(?!\))|[^\\]){1,400}?)\\\)/;

/** Whether a text may hold formulas: asked before the typesetter is fetched. */
export function mayHoldMath(text: string): boolean {
	return /\$\$|\\\(|\\\[/.test(text) || /\$[^\s$](?:[^$\n]*[^\s$])?\$(?!\d)/.test(text);
}

/** `$…$` and `\(…\)` in a line, `$$…$$` and `\[…\]` as blocks. What cannot be set stays as it was typed. */
export function mathRules(parser: MarkdownIt): void {
	parser.inline.ruler.before('escape', 'math', (state, silent) => {
		const rest = state.src.slice(state.pos, state.posMax);
		const found = INLINE.exec(rest) ?? BRACKETS.exec(rest);
		if (!found) return false;
		// A dollar in the middle of a word is money or a variable of a shell.
		if (rest.startsWith('$') && /[\w\\]/.test(state.src[state.pos - 1] ?? '')) return false;
		if (!silent) {
			const token = state.push('math_inline', 'math', 0);
			token.content = found[1] ?? '';
			token.markup = found[0];
		}
		state.pos += found[0].length;
		return true;
	});

	parser.block.ruler.before(
		'fence',
		'math',
		(state, start, end, silent) => {
			const line = (at: number) =>
				state.src.slice((state.bMarks[at] ?? 0) + (state.tShift[at] ?? 0), state.eMarks[at]);
			const first = line(start);
			const [opening, closing] = first.startsWith('$$') ? ['$$', '$$'] : ['\\[', '\\]'];
			if (!first.startsWith(opening)) return false;
			let last = start;
			let source = first.slice(2);
			while (!source.trimEnd().endsWith(closing)) {
				last += 1;
				if (last >= end || (state.sCount[last] ?? 0) < state.blkIndent) return false;
				source += `\n${line(last)}`;
			}
			if (silent) return true;
			const token = state.push('math_block', 'math', 0);
			token.content = source.trimEnd().slice(0, -closing.length).trim();
			token.markup = `${opening}${source}`;
			token.map = [start, last + 1];
			state.line = last + 1;
			return true;
		},
		{ alt: ['paragraph', 'blockquote', 'list'] },
	);

	const { escapeHtml } = parser.utils;
	const set = (env: Env | undefined, source: string, block: boolean) =>
		(env?.typeset as Typeset | null | undefined)?.(source, block) ?? null;
	parser.renderer.rules.math_inline = (tokens, index, _options, env) => {
		const { content = '', markup = '' } = tokens[index] ?? {};
		return set(env, content, false) ?? escapeHtml(markup);
	};
	parser.renderer.rules.math_block = (tokens, index, _options, env) => {
		const { content = '', markup = '' } = tokens[index] ?? {};
		const formula = set(env, content, true);
		return formula
			? `<div class="math-block" tabindex="0" role="group">${formula}</div>`
			: `<p class="math-source">${escapeHtml(markup)}</p>`;
	};
}
