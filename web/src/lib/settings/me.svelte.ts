import { account } from '$lib/session/account.svelte';
import { mine } from './api';
import { Resource } from './resource.svelte';
import type { Me } from './types';

const resource = new Resource<Me>(async () => {
	const read = await mine.read();
	account.adopt(read.user);
	return read;
});

/** The person with their settings, as all pages of the settings share them. */
export const me = {
	get value(): Me | null {
		return resource.value;
	},
	get problem() {
		return resource.problem;
	},
	load: resource.load,
	/** Takes over what the server answered to a change, here and in the header. */
	adopt(next: Me) {
		resource.value = next;
		account.adopt(next.user);
	},
	/** Changes a part of what is shown: before the server has agreed, or after an answer that has only that part. */
	patch(change: Partial<Me>) {
		if (resource.value) me.adopt({ ...resource.value, ...change });
	},
};
