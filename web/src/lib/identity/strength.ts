/*
 * A rough idea of a password while it is typed, in powers of ten of guesses: what is common, repeated, in a row or about
 * the person is cheap to guess, anything else costs ten guesses a character. The server judges in earnest and with whole
 * dictionaries (IDN-4); this is to say early what it will surely refuse.
 */

/** 0 nothing typed, 1 the server will refuse it, 2 enough, 3 good, 4 strong. */
export type Strength = 0 | 1 | 2 | 3 | 4;

const COMMON = (
	'password passwort contraseña qwerty qwertz azerty letmein welcome bienvenido willkommen admin root login master ' +
	'secret secreto hello hola iloveyou tequiero love amor dragon monkey sunshine princess princesa football futbol ' +
	'baseball superman batman starwars pokemon shadow michael jordan computer internet summer winter spring autumn ' +
	'verano invierno test guest user default changeme access trustno mustang freedom whatever woaini quorate board junta'
).split(' ');
const ROWS = [
	'abcdefghijklmnopqrstuvwxyz',
	'01234567890',
	'qwertyuiop',
	'qwertzuiop',
	'azertyuiop',
	'asdfghjkl',
	'zxcvbnm',
	'1q2w3e4r5t6y7u8i9o0p',
];
const DISGUISES: Record<string, string> = {
	'@': 'a',
	'4': 'a',
	'3': 'e',
	'1': 'i',
	'!': 'i',
	'0': 'o',
	$: 's',
	'5': 's',
	'7': 't',
};

const reversed = (text: string) => [...text].reverse().join('');
const WAYS = [...ROWS, ...ROWS.map(reversed)];

/** How long a run of a row of the keyboard or the alphabet begins at `at`, in characters. */
function rowAt(text: string, at: number): number {
	let best = 0;
	for (const way of WAYS) {
		let length = 0;
		while (at + length < text.length && way.includes(text.slice(at, at + length + 1))) length += 1;
		best = Math.max(best, length);
	}
	return best >= 3 ? best : 0;
}

function repeatAt(text: string, at: number): number {
	let length = 1;
	while (text[at + length] === text[at]) length += 1;
	return length >= 3 ? length : 0;
}

/** The powers of ten of guesses that a password takes, about. */
export function guesses(password: string, known: readonly string[] = []): number {
	const lower = [...password.toLowerCase()].join('');
	const bare = [...lower].map((sign) => DISGUISES[sign] ?? sign).join('');
	const about = known
		.flatMap((word) => [word, ...word.split(/[@.\s_+-]+/)])
		.map((word) => word.toLowerCase())
		.filter((word) => word.length >= 3);
	const words: [string, number][] = [
		...about.map((word): [string, number] => [word, 1]),
		...COMMON.map((word): [string, number] => [word, 2]),
	];
	const seen = new Set<string>();
	let cost = 0;
	for (let at = 0; at < lower.length;) {
		const word = words
			.filter(([one]) => lower.startsWith(one, at) || bare.startsWith(one, at))
			.sort(([a], [b]) => b.length - a.length)[0];
		const run = Math.max(rowAt(lower, at), repeatAt(lower, at));
		const year = /^(19|20)\d\d/.test(lower.slice(at)) ? 4 : 0;
		const length = Math.max(word?.[0].length ?? 0, run, year);
		if (length === 0) {
			cost += 1;
			at += 1;
			continue;
		}
		const piece = lower.slice(at, at + length);
		if (!seen.has(piece)) cost += word && word[0].length === length ? word[1] : length === run ? 1.3 : 2;
		seen.add(piece);
		at += length;
	}
	// A password that says the same thing twice or more is as hard as the thing said once.
	for (let part = 1; part <= lower.length / 2; part++) {
		if (lower.length % part === 0 && lower.slice(0, part).repeat(lower.length / part) === lower) {
			cost = Math.min(cost, guesses(lower.slice(0, part), known) + 0.5);
			break;
		}
	}
	const mixed = /\p{Lu}/u.test(password.slice(1)) && /\p{Ll}/u.test(password);
	return cost + (mixed ? 0.5 : 0);
}

/** The strength of a password for this person; `known` are their address and name. */
export function strengthOf(password: string, minimum: number, known: readonly string[] = []): Strength {
	const length = [...password].length;
	if (length === 0) return 0;
	const powers = guesses(password, known);
	if (length < minimum || powers < 6) return 1;
	if (powers < 9) return 2;
	return powers < 12 ? 3 : 4;
}
