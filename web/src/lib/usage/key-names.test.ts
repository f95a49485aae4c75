import { expect, it } from 'vitest';
import { keyName } from './key-names';

it('names a key, and shows the end of the id of one that is no more', () => {
	const id = '0198a000-0000-7000-8000-0000000000c9';
	expect(keyName(id, 'Nightly')).toBe('Nightly');
	expect(keyName(id, null)).toBe('…000000c9');
	expect(keyName(id, undefined)).toBe('…000000c9');
});
