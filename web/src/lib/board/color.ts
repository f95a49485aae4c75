/** A persona's colour when it is a plain colour; data from files and custom personas must not smuggle in more. */
export function seatColor(raw: string | null | undefined): string | null {
	return raw && /^(#[0-9a-f]{3,8}|[a-z]+)$/i.test(raw) ? raw : null;
}
