import { describe, expect, it } from 'vitest';
import { knownZones, offsetOf, offsetText, zoneGroups } from './time-zones';

const WINTER = new Date('2026-01-15T12:00:00Z');
const SUMMER = new Date('2026-07-15T12:00:00Z');

it('reads offsets, with summer time and odd minutes', () => {
	expect(offsetOf('Europe/Madrid', WINTER)).toBe(60);
	expect(offsetOf('Europe/Madrid', SUMMER)).toBe(120);
	expect(offsetOf('Asia/Kolkata', WINTER)).toBe(330);
	expect(offsetOf('America/St_Johns', WINTER)).toBe(-210);
	expect(offsetOf('UTC', WINTER)).toBe(0);
	expect(offsetOf('Mars/Olympus', WINTER)).toBeNull();
});

it('writes offsets', () => {
	expect(offsetText(0)).toBe('UTC');
	expect(offsetText(330)).toBe('UTC+05:30');
	expect(offsetText(-210)).toBe('UTC−03:30');
});

describe('zoneGroups', () => {
	it('groups by region and goes from west to east', () => {
		const groups = zoneGroups(
			['Europe/Madrid', 'Europe/Lisbon', 'America/Argentina/Buenos_Aires'],
			'Europe/Madrid',
			WINTER,
		);
		expect(groups.map((group) => [group.region, group.zones.map((zone) => zone.place)])).toEqual([
			['', ['UTC']],
			['America', ['Argentina, Buenos Aires']],
			['Europe', ['Lisbon', 'Madrid']],
		]);
	});

	it('keeps a stored zone that the browser does not list, once', () => {
		const ids = zoneGroups([], 'Mars/Olympus', WINTER).flatMap((group) => group.zones.map((zone) => zone.id));
		expect(ids).toEqual(['UTC', 'Mars/Olympus']);
		const all = zoneGroups(knownZones(), 'Asia/Tokyo', WINTER).flatMap((group) => group.zones);
		expect(new Set(all.map((zone) => zone.id)).size).toBe(all.length);
		expect(all.length).toBeGreaterThan(300);
	});
});
