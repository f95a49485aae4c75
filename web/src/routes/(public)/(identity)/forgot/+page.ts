import { methods } from '$lib/identity/methods';

export async function load() {
	return { ways: await methods() };
}
