/** Whether a device may be removed now, and if not, from when on: one a day. */
export function removableAt(
	next: string | null | undefined,
	now: number,
): { allowed: boolean; at: string | null } {
	const at = next ? Date.parse(next) : NaN;
	return Number.isNaN(at) || at <= now ? { allowed: true, at: null } : { allowed: false, at: next ?? null };
}
