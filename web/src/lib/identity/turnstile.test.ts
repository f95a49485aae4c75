import { afterEach, beforeEach, expect, it, vi } from 'vitest';

interface Script {
	src: string;
	onload?: () => void;
	onerror?: () => void;
	remove: () => void;
}
let scripts: Script[] = [];

beforeEach(() => {
	vi.resetModules();
	scripts = [];
	vi.stubGlobal('document', {
		createElement: () => ({ src: '', remove: vi.fn() }),
		head: { append: (script: Script) => scripts.push(script) },
	});
});
afterEach(() => vi.unstubAllGlobals());

it('loads nothing by itself', async () => {
	await import('./turnstile');
	expect(scripts).toEqual([]);
});

it('loads the script once for all pages, from where it belongs', async () => {
	const { loadTurnstile } = await import('./turnstile');
	const both = [loadTurnstile(), loadTurnstile()];
	const widget = { render: vi.fn(), reset: vi.fn(), remove: vi.fn() };
	vi.stubGlobal('turnstile', widget);
	scripts[0]?.onload?.();
	expect(await Promise.all(both)).toEqual([widget, widget]);
	expect(scripts.map((script) => new URL(script.src).origin)).toEqual(['https://challenges.cloudflare.com']);
});

it.each(['onerror', 'onload'] as const)('can be tried again after %s without a widget', async (end) => {
	const { loadTurnstile } = await import('./turnstile');
	const first = loadTurnstile();
	scripts[0]?.[end]?.();
	await expect(first).rejects.toThrow();
	expect(scripts[0]?.remove).toHaveBeenCalled();
	void loadTurnstile();
	expect(scripts).toHaveLength(2);
});
