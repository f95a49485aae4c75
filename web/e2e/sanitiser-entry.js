// What sanitiser.mjs attacks: the renderer as the page has it, in one script.
export { highlight } from '../src/lib/ui/highlight.ts';
export { markdownParts } from '../src/lib/ui/markdown.ts';
export { typeset } from '../src/lib/ui/math.ts';
