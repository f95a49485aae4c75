import { expect, it } from 'vitest';
import { share } from './bar';

it('measures what is in use', () => {
	expect([share(0, 3), share(1, 3), share(5, 3), share(0, 0)]).toEqual([0, 33, 100, 100]);
});
