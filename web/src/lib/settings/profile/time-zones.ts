export interface Zone {
	id: string;
	/** The place, without its region and its underscores. */
	place: string;
	/** Minutes ahead of UTC at the moment asked for. */
	offset: number;
}

export interface ZoneGroup {
	region: string;
	zones: Zone[];
}

/** Minutes ahead of UTC; null for a name that this browser does not know. */
export function offsetOf(id: string, at: Date): number | null {
	try {
		const text = new Intl.DateTimeFormat('en', { timeZone: id, timeZoneName: 'longOffset' })
			.formatToParts(at)
			.find((part) => part.type === 'timeZoneName')?.value;
		const [, sign, hours, minutes] = text?.match(/GMT(?:([+-])(\d{2}):(\d{2}))?/) ?? [];
		if (!sign) return text ? 0 : null;
		return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
	} catch {
		return null;
	}
}

/** `UTC+05:30`, with a true minus sign. */
export function offsetText(offset: number): string {
	const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
	const two = (number: number) => String(number).padStart(2, '0');
	return offset === 0 ? 'UTC' : `UTC${offset < 0 ? '−' : '+'}${two(hours)}:${two(minutes)}`;
}

/** The zones by region, each from west to east. A stored zone that the browser does not list is added. */
export function zoneGroups(ids: readonly string[], stored: string, at: Date): ZoneGroup[] {
	const groups = new Map<string, Zone[]>();
	for (const id of new Set(['UTC', ...ids, ...(stored ? [stored] : [])])) {
		const [region, ...rest] = id.split('/');
		const zone = {
			id,
			place: (rest.length > 0 ? rest.join(', ') : id).replaceAll('_', ' '),
			offset: offsetOf(id, at) ?? 0,
		};
		const key = rest.length > 0 && region ? region : '';
		groups.set(key, [...(groups.get(key) ?? []), zone]);
	}
	return [...groups]
		.map(([region, zones]) => ({
			region,
			zones: zones.sort((a, b) => a.offset - b.offset || a.place.localeCompare(b.place)),
		}))
		.sort((a, b) => a.region.localeCompare(b.region));
}

/** Every zone this browser knows. */
export function knownZones(): string[] {
	return typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
}

/** The zone of this device. */
export function deviceZone(): string {
	return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
