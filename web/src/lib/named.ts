/** The value under a name that came from outside, where `all` itself has it: a name like "constructor" finds nothing. */
export function own<T>(all: Readonly<Record<string, T>>, name: string): T | undefined {
	return Object.hasOwn(all, name) ? all[name] : undefined;
}
