/** The share of a limit that is in use, in percent and never more than all. */
export function share(used: number, limit: number): number {
	return limit > 0 ? Math.min(100, Math.round((used / limit) * 100)) : 100;
}
