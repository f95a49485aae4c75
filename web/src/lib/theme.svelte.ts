export type ThemeChoice = 'system' | 'light' | 'dark';

const STORED = 'quorate.theme';

let choice = $state<ThemeChoice>('system');

function dark(): boolean {
	return choice === 'dark' || (choice === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
}

function apply() {
	document.documentElement.dataset.theme = dark() ? 'dark' : 'light';
}

export const theme = {
	get choice(): ThemeChoice {
		return choice;
	},
	/** Takes over from static/theme.js and follows the system while nothing else is chosen. */
	start() {
		try {
			const stored = localStorage.getItem(STORED);
			choice = stored === 'light' || stored === 'dark' ? stored : 'system';
		} catch {
			choice = 'system';
		}
		apply();
		matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
	},
	choose(next: ThemeChoice) {
		choice = next;
		apply();
		try {
			if (next === 'system') localStorage.removeItem(STORED);
			else localStorage.setItem(STORED, next);
		} catch {
			// Not remembered, but switched.
		}
	},
};
