import { expect, it } from 'vitest';
import { fit, ranked } from './match';

it('finds words in any order, without case and accents', () => {
	expect(fit('configuracion', 'Configuración')).toBe(3);
	expect(fit('lisbon MOVE', 'Should we move to Lisbon?')).toBe(2);
	expect(fit('isbon', 'Should we move to Lisbon?')).toBe(1);
	expect(fit('lisbon oslo', 'Should we move to Lisbon?')).toBe(0);
	expect(fit('董事', '新的董事会')).toBe(1);
	expect(fit('  ', 'anything')).toBe(1);
});

it('puts the best first and keeps the order of equals', () => {
	const all = ['The usage', 'Usage', 'Reuse', 'Use a key'];
	expect(ranked('us', all, (one) => one)).toEqual(['Usage', 'Use a key', 'The usage', 'Reuse']);
	expect(ranked('', all, (one) => one)).toEqual(all);
});
