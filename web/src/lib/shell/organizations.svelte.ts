import { explain, Problem } from '$lib/api/problem';
import { HOME } from '$lib/session/next';
import { organizations as calls } from '$lib/settings/api';
import { Resource } from '$lib/settings/resource.svelte';
import { toasts } from '$lib/ui/toast.svelte';

const list = new Resource(async () => (await calls.list()).data);
let switching = $state<string | null>(null);

/** The organizations of the person, as the switch and the command palette share them. */
export const organizations = {
	get list() {
		return list;
	},
	/** The one that is acted in, as far as this page knows. */
	get acting() {
		return list.value?.find(({ acting }) => acting) ?? null;
	},
	/** The one that the person is being taken to. */
	get switching(): string | null {
		return switching;
	},
	async switchTo(id: string) {
		if (switching || organizations.acting?.id === id) return;
		switching = id;
		try {
			await calls.switchTo(id);
			// Loaded anew: nothing of the other organization may stay on any screen of this tab.
			location.assign(HOME);
		} catch (cause) {
			switching = null;
			if (!(cause instanceof Problem)) throw cause;
			toasts.say(explain(cause));
		}
	},
};
