/** What we use of the widget's script. */
export interface TurnstileApi {
	render(
		place: HTMLElement,
		options: {
			sitekey: string;
			language: string;
			theme: 'light' | 'dark';
			size: 'flexible';
			callback: (token: string) => void;
			'expired-callback': () => void;
			'error-callback': () => void;
		},
	): string;
	reset(widget: string): void;
	remove(widget: string): void;
}

const SCRIPT = 'https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit';
let loading: Promise<TurnstileApi> | null = null;

/** Loads the script of the check, once, and only when a page shows the check. A failed load can be tried again. */
export function loadTurnstile(): Promise<TurnstileApi> {
	loading ??= new Promise<TurnstileApi>((done, fail) => {
		const script = document.createElement('script');
		const broken = () => {
			script.remove();
			loading = null;
			fail(new Error('the check did not load'));
		};
		script.src = SCRIPT;
		script.async = true;
		script.onload = () => {
			const api = (globalThis as { turnstile?: TurnstileApi }).turnstile;
			if (api) done(api);
			else broken();
		};
		script.onerror = broken;
		document.head.append(script);
	});
	return loading;
}
