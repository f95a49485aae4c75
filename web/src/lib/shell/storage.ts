/** What this browser keeps for the app. Where storage is blocked, nothing is kept and nothing breaks. */
export const browserStorage = {
	read(key: string): string | null {
		try {
			return localStorage.getItem(key);
		} catch {
			return null;
		}
	},
	write(key: string, value: string | null) {
		try {
			if (value === null) localStorage.removeItem(key);
			else localStorage.setItem(key, value);
		} catch {
			// Not kept.
		}
	},
	/** What is kept as JSON; null when there is nothing, or nothing that can be read. */
	readJson(key: string): unknown {
		try {
			return JSON.parse(browserStorage.read(key) ?? 'null');
		} catch {
			return null;
		}
	},
	writeJson(key: string, value: unknown) {
		browserStorage.write(key, JSON.stringify(value));
	},
};
