import { describe, expect, it } from 'vitest';
import { changes, filterOf, isUuid, searchOf, shortId } from './audit';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('the filter', () => {
	it('goes into the address and comes back', () => {
		for (const filter of [
			{ action: 'auth.login', user_id: ID },
			{ action: 'a&b=c#d', user_id: '' },
			{ action: '', user_id: '' },
		]) {
			expect(filterOf(new URLSearchParams(searchOf(filter)))).toEqual(filter);
		}
	});

	it('drops what is no id', () => {
		expect(filterOf(new URLSearchParams({ user: `${ID}'--`, action: '  x ' }))).toEqual({
			action: 'x',
			user_id: '',
		});
		expect(isUuid(ID.toUpperCase())).toBe(true);
		expect(isUuid('')).toBe(false);
	});
});

describe('changes', () => {
	it('names what differs and leaves out what does not', () => {
		expect(
			changes({ role: 'member', name: 'Ada', tags: [1] }, { role: 'admin', name: 'Ada', tags: [1, 2] }),
		).toEqual([
			{ name: 'role', before: 'member', after: 'admin' },
			{ name: 'tags', before: '[1]', after: '[1,2]' },
		]);
	});

	it('reads something new, something gone, and plain values', () => {
		expect(changes(null, { email: 'a@b' })).toEqual([{ name: 'email', before: null, after: 'a@b' }]);
		expect(changes({ email: 'a@b' }, undefined)).toEqual([{ name: 'email', before: 'a@b', after: null }]);
		expect(changes(1, 2)).toEqual([{ name: '', before: '1', after: '2' }]);
		expect(changes(null, null)).toEqual([]);
	});
});

it('shortens ids only', () => {
	expect(shortId(ID)).toBe('…099a8057');
	expect(shortId('system')).toBe('system');
});
