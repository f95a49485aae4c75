import { keys } from '$lib/gateway/api';
import { Resource } from '$lib/settings/resource.svelte';
import { shortId } from '$lib/settings/operators/audit';

/** The keys by their names. Where they cannot be read, ids stand in for them: no reason to show no usage. */
export const known = new Resource(async () => (await keys.list(null)).data);

/** What a key is called; the end of its id for one that is not in the list. */
export function keyName(id: string, list: readonly { id: string; name: string }[] | null): string {
	return list?.find((key) => key.id === id)?.name ?? shortId(id);
}
