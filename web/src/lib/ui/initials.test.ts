import { expect, it } from 'vitest';
import { initials } from './initials';

it.each([
	['Ada Lovelace', '', 'AL'],
	['Ada', '', 'A'],
	['  maría del mar  ríos ', '', 'MR'],
	['王小明', '', '明'],
	['', 'ada.byron@example.org', 'A'],
	['👩🏽 Ada', '', '👩A'],
	['mary.somerville@example.org', 'mary.somerville@example.org', 'M'],
	['', '', ''],
])('shortens %j', (name, email, letters) => {
	expect(initials(name, email)).toBe(letters);
});
