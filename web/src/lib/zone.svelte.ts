/*
 * The time zone in which dates are told: the one of the person's profile. A new account says UTC without anybody having
 * chosen it, so UTC stands for "as this device has it".
 */
let zone = $state<string | undefined>(undefined);

function known(name: string): boolean {
	try {
		new Intl.DateTimeFormat('en', { timeZone: name });
		return true;
	} catch {
		return false;
	}
}

export const timeZone = {
	/** An IANA name for `Intl`; undefined for the device's own. */
	get current(): string | undefined {
		return zone;
	},
	/** Takes over what a profile says; a name that this browser does not know counts as none. */
	adopt(name: string | null | undefined) {
		zone = name && name !== 'UTC' && known(name) ? name : undefined;
	},
};
