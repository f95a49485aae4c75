import { expect, it } from 'vitest';
import type { Use } from '../types';
import { bytes, featureName, limitText, price } from './features';

const use = (more: Partial<Use>): Use => ({ feature: 'tasks', included: true, ...more });

it.each([
	[{ included: false }, 'Not included'],
	[{ limit: null }, 'No limit'],
	[{ limit: 0, per: 'month' as const }, '0 a month'],
	[{ limit: 1500, per: 'month' as const }, '1,500 a month'],
	[{ limit: 10, per: 'life' as const }, '10 in all'],
	[{ limit: 3 }, '3'],
	[{ feature: 'pdf_export' as const }, 'Included'],
	[{ feature: 'storage_bytes' as const, limit: 1_500_000_000 }, '1.5 GB'],
	[{ by_contract: true } as Partial<Use>, 'By contract'],
])('%j holds %s', (more, said) => {
	expect(limitText(use(more))).toBe(said);
});

it('says bytes as people do', () => {
	expect([0, 999, 100_000_000, 25e15].map(bytes)).toEqual(['0 kB', '999 byte', '100 MB', '25,000 TB']);
});

it('leaves out hundredths that are none', () => {
	expect([price(2900, 'USD'), price(1250, 'USD')]).toEqual(['$29', '$12.50']);
});

it('keeps the name of a feature that it does not know', () => {
	expect([featureName('tasks'), featureName('time_travel'), featureName('constructor')]).toEqual([
		'Tasks',
		'time travel',
		'constructor',
	]);
});
