import { shortId } from '$lib/settings/operators/audit';

/** What a key is called; the end of its id where it is no more. */
export function keyName(id: string, name: string | null | undefined): string {
	return name ?? shortId(id);
}
