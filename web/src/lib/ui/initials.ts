const HAN = /\p{Script=Han}/u;

/** One or two letters that stand for a name; its address when there is none. */
export function initials(name: string, email = ''): string {
	// An address in the place of a name has one letter: its first.
	if (/\S@\S/.test(name)) return initials('', name);
	const words = (name.trim() || email.trim()).split(/[\s@.]+/u).filter((word) => word !== '');
	const first = [...(words[0] ?? '')][0] ?? '';
	// A Chinese name is known by its last character; two letters would be a whole other word.
	if (HAN.test(first)) return [...name.trim()].at(-1) ?? first;
	const last = name.trim() !== '' && words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
	return (first + last).toLocaleUpperCase();
}
