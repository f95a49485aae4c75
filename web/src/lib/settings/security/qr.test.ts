import { expect, it } from 'vitest';
import { inGroups, svgPicture } from './qr';

it('makes an address that says the same SVG and ends nowhere early', () => {
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" fill='#000'><path d="M0 0h1"/><!-- 100% "é" --></svg>`;
	const address = svgPicture(svg);
	expect(address).toMatch(/^data:image\/svg\+xml;charset=utf-8,[^"<>#\s]*$/);
	expect(decodeURIComponent(address.slice(address.indexOf(',') + 1))).toBe(svg);
});

it('groups a secret', () => {
	expect(inGroups('jbswy3dpehpk3pxp')).toBe('JBSW Y3DP EHPK 3PXP');
	expect(inGroups('JBSW Y3DPE')).toBe('JBSW Y3DP E');
	expect(inGroups('')).toBe('');
});
