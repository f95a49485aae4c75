// What the scripts share: each check says one line, and the process fails when one of them does.
import assert from 'node:assert/strict';

export const URL = process.env.QUORATE_URL;
export const KEY = process.env.QUORATE_KEY;
// Models behind different wire formats, so that each check also runs translated.
export const MODELS = process.env.QUORATE_MODELS.split(' ');

export const GREETING = 'Good day to you, from a model that follows its script.';
// A red square of 8 by 8.
export const PICTURE =
	'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mP4z8CAFTEMLQkAKP8/wc53yE8AAAAASUVORK5CYII=';
export const QUESTION = 'Should we open a second shop in Porto next year? We have 80,000 euros.';
export const ARGUMENTS = { city: 'Porto', unit: 'celsius' };
export const CITY = { city: 'Porto', people: 231800 };
export const PARAMETERS = {
	type: 'object',
	properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
	required: ['city', 'unit'],
	additionalProperties: false,
};

let passed = 0;
let failed = 0;

export const same = (found, wanted) => assert.deepEqual(found, wanted);

/** Runs each of the checks, for a model where one is given, and says how they went. */
export async function check(checks, ...given) {
	for (const [name, run] of Object.entries(checks)) {
		const told = [name, ...given].join(' ');
		try {
			await run(...given);
			passed += 1;
			console.log(`ok ${told}`);
		} catch (error) {
			failed += 1;
			console.log(`FAILED ${told}\n${error.stack}`);
		}
	}
}

/** What `run` throws, which must be exactly of this kind. */
export async function throws(kind, run) {
	try {
		await run();
	} catch (error) {
		assert.equal(error.constructor.name, kind.name, error.stack);
		return error;
	}
	assert.fail(`no ${kind.name} was thrown`);
}

export async function all(pieces) {
	const found = [];
	for await (const piece of pieces) found.push(piece);
	return found;
}

/** Says how many checks there were, and ends the process. */
export function end() {
	console.log(`${passed} passed, ${failed} failed`);
	process.exit(failed ? 1 : 0);
}
