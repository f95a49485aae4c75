import { describe, expect, it } from 'vitest';
import { filesOf, limitOf, plain, routesOf, weigh } from '../scripts/weigh.mjs';

const NODE = (number: number) => `.svelte-kit/generated/client-optimized/nodes/${number}.js`;
const APP = `
export const dictionary = {
		"/(public)/(site)": [5,[2]],
		"/(app)/board/[id]": [~7,[3]],
		"/design": [9]
	};
`;
const chunk = (file: string, more: object = {}) => ({ file, ...more });
const MANIFEST = {
	'.svelte-kit/generated/client-optimized/app.js': chunk('app.js', { isEntry: true, imports: ['shared'] }),
	'node_modules/@sveltejs/kit/src/runtime/client/entry.js': chunk('entry.js', { isEntry: true }),
	shared: chunk('shared.js'),
	heavy: chunk('heavy.js', { dynamicImports: ['drawn'] }),
	drawn: chunk('drawn.js'),
	'src/lib/ui/markdown.ts': chunk('markdown.js', { imports: ['shared'] }),
	[NODE(0)]: chunk('0.js', { imports: ['shared'] }),
	[NODE(2)]: chunk('2.js'),
	[NODE(3)]: chunk('3.js'),
	[NODE(5)]: chunk('5.js', { imports: ['heavy'] }),
	[NODE(7)]: chunk('7.js'),
	[NODE(9)]: chunk('9.js'),
};

describe('the budget', () => {
	it('finds every route and what it is made of', () => {
		expect(routesOf(APP)).toEqual([
			{ route: '/(public)/(site)', nodes: ['0', '2', '5'] },
			{ route: '/(app)/board/[id]', nodes: ['0', '3', '7'] },
			{ route: '/design', nodes: ['0', '9'] },
		]);
		expect(plain('/(public)/(site)')).toBe('/');
		expect(() => routesOf('nothing')).toThrow();
	});

	it('counts each file once, what is imported with it, and not what comes later', () => {
		expect(filesOf(MANIFEST, ['0', '2', '5']).sort()).toEqual(
			['0.js', '2.js', '5.js', 'app.js', 'entry.js', 'heavy.js', 'shared.js'].sort(),
		);
	});

	it('holds the landing page to 150 kB and the board to 250 kB (CLI-1)', () => {
		expect([limitOf('/(public)/(site)'), limitOf('/(app)/board/[id]')]).toEqual([150_000, 250_000]);
	});

	it('fails a page that is a byte too heavy, and only that one', () => {
		const at = (size: number) =>
			weigh(MANIFEST, APP, (file) => (file === 'heavy.js' ? size : 1000))
				.filter(({ over }) => over)
				.map(({ route }) => route);
		expect(at(150_000 - 6 * 1000)).toEqual([]);
		expect(at(150_000 - 6 * 1000 + 1)).toEqual(['/']);
	});

	it('counts what the board fetches by itself', () => {
		const board = weigh(MANIFEST, APP, () => 1).find(({ route }) => route === '/board/[id]');
		expect(board?.bytes).toBe(filesOf(MANIFEST, ['0', '3', '7']).length + 1);
	});
});
