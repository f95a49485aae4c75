import { signedIn, whenLost } from '$lib/api/transport';
import { account } from './account.svelte';
import { HOME } from './next';

let asking = $state(false);
let answer: (again: boolean) => void = () => {};

function settle(again: boolean) {
	asking = false;
	answer(again);
}

/** The login session that ended while its page is open: the person is asked to log in over the page. */
export const expiry = {
	/** Whether the log-in window belongs on the screen. */
	get asking(): boolean {
		return asking;
	},
	/** Asks from now on; answers how to stop. */
	start(): () => void {
		const stop = whenLost(() => {
			// Nobody was here, so there is nothing to lose: the log-in page will do.
			if (!account.user) return Promise.resolve(false);
			asking = true;
			return new Promise<boolean>((done) => (answer = done));
		});
		return () => {
			stop();
			if (asking) settle(false);
		};
	},
	/** Somebody logged in. Another person than before must not see what this page holds. */
	entered(id: string) {
		if (!asking) return;
		if (id === account.user?.id) settle(true);
		else location.assign(HOME);
	},
	/** Looks whether somebody logged in elsewhere: in another tab, through another service. */
	async look() {
		const id = await signedIn().catch(() => null);
		if (id) expiry.entered(id);
	},
	/** The person goes to the log-in page instead. */
	leave() {
		settle(false);
	},
};
