import { expect, it, vi } from 'vitest';

vi.mock('$lib/gateway/api', () => ({ keys: {} }));
const { keyName } = await import('./key-names');

it('names a key, and shows the end of the id of one it does not know', () => {
	const id = '0198a000-0000-7000-8000-0000000000c9';
	expect(keyName(id, [{ id, name: 'Nightly' }])).toBe('Nightly');
	expect(keyName(id, [])).toBe('…000000c9');
	expect(keyName(id, null)).toBe('…000000c9');
});
