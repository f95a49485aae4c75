import { baseLocale, locales, overwriteGetLocale, type Locale } from '$lib/paraglide/runtime.js';

const STORED = 'quorate.locale';

/** How each language calls itself: never translated, so that its speaker finds it. */
export const LANGUAGE_NAMES: Record<Locale, string> = { en: 'English', es: 'Español', zh: '简体中文' };

let current = $state<Locale>(baseLocale);
let onchosen: (locale: Locale) => void = () => {};
// Messages read the locale through this, inside templates, so that a switch re-renders without a reload.
overwriteGetLocale(() => current);

function known(tag: string | null | undefined): Locale | undefined {
	const primary = tag?.toLowerCase().split('-')[0];
	return locales.find((locale) => locale === primary);
}

/** The language to begin with: what was chosen on this device, else the first browser language we speak. */
export function preferredLocale(stored: string | null, languages: readonly string[]): Locale {
	return known(stored) ?? languages.map(known).find((locale) => locale !== undefined) ?? baseLocale;
}

/** What was chosen on this device. Storage may be blocked; then nothing was. */
function stored(): string | null {
	try {
		return localStorage.getItem(STORED);
	} catch {
		return null;
	}
}

function apply(locale: Locale) {
	current = locale;
	document.documentElement.lang = locale === 'zh' ? 'zh-Hans' : locale;
}

export const locale = {
	/** The language on screen. */
	get current(): Locale {
		return current;
	},
	/** Reads the stored or the browser's language. Call once, before the first render. */
	start() {
		apply(preferredLocale(stored(), navigator.languages));
	},
	/** Takes over the language of a profile, unless one was chosen on this device. */
	adopt(tag: string) {
		if (!known(stored())) apply(known(tag) ?? current);
	},
	/** Says who keeps a choice beyond this device: the profile of whoever is signed in. */
	whenChosen(act: (locale: Locale) => void) {
		onchosen = act;
	},
	/** Switches the language and remembers it on this device. */
	choose(next: Locale) {
		apply(next);
		try {
			localStorage.setItem(STORED, next);
		} catch {
			// Not remembered, but switched.
		}
		onchosen(next);
	},
};
