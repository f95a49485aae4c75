export type Machine = 'desktop' | 'phone' | 'tablet' | 'program' | 'unknown';

export interface Agent {
	/** Browser or program, as its makers write it; null when it cannot be told. */
	name: string | null;
	/** The operating system. */
	system: string | null;
	machine: Machine;
}

/** In this order: nearly all of them also claim to be Chrome, Safari and Mozilla. */
const BROWSERS: [RegExp, string][] = [
	[/\bEdg(?:e|A|iOS)?\//, 'Edge'],
	[/\b(?:OPR|OPiOS|Opera)\//, 'Opera'],
	[/\bVivaldi\//, 'Vivaldi'],
	[/\bSamsungBrowser\//, 'Samsung Internet'],
	[/\bYaBrowser\//, 'Yandex'],
	[/\bMicroMessenger\//, 'WeChat'],
	[/\b(?:Firefox|FxiOS)\//, 'Firefox'],
	[/\bElectron\//, 'Electron'],
	[/\bHeadlessChrome\//, 'Chrome'],
	[/\b(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
	[/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
];

const SYSTEMS: [RegExp, string][] = [
	[/\biPad\b/, 'iPadOS'],
	[/\biPhone\b|\biPod\b/, 'iOS'],
	[/\bHarmonyOS\b/, 'HarmonyOS'],
	[/\bAndroid\b/, 'Android'],
	[/\bWindows\b/, 'Windows'],
	[/\bCrOS\b/, 'ChromeOS'],
	[/\bMac OS X\b|\bMacintosh\b|\bDarwin\b/, 'macOS'],
	[/\bLinux\b|\bX11\b/, 'Linux'],
];

/** Text that is not a browser's: `quorate-cli/1.2`, `curl/8.5`, `python-requests/2.32`. */
const PROGRAM = /^([A-Za-z][\w.+-]{0,39})(?:\/|$)/;

function first(list: [RegExp, string][], text: string): string | null {
	return list.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

function machineOf(text: string, system: string | null): Machine {
	if (/\biPad\b|\bTablet\b/.test(text)) return 'tablet';
	if (system === 'Android' || system === 'HarmonyOS') return /\bMobile\b/.test(text) ? 'phone' : 'tablet';
	if (system === 'iOS' || /\bMobile\b/.test(text)) return 'phone';
	return system ? 'desktop' : 'unknown';
}

/**
 * A rough reading of a user agent, for people who want to know whether that was them. It is what the other side claims:
 * never decide anything by it.
 */
export function readAgent(text: string | null | undefined): Agent {
	const agent = text?.trim() ?? '';
	if (agent === '') return { name: null, system: null, machine: 'unknown' };
	const system = first(SYSTEMS, agent);
	if (!/^(?:Mozilla|Opera)\//.test(agent)) {
		const name = agent.match(PROGRAM)?.[1] ?? null;
		return { name, system, machine: name ? 'program' : 'unknown' };
	}
	return { name: first(BROWSERS, agent), system, machine: machineOf(agent, system) };
}
