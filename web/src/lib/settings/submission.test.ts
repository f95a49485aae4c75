import { describe, expect, it } from 'vitest';
import { Problem } from '$lib/api/problem';
import { Submission } from './submission.svelte';

const fail = (problem: Problem) => () => Promise.reject(problem);

describe('Submission', () => {
	it('asks nobody while the page itself finds something wrong', async () => {
		const form = new Submission();
		let asked = 0;
		expect(await form.run({ email: 'missing', name: undefined }, async () => asked++)).toBe(false);
		expect([asked, form.field('email'), form.field('name')]).toEqual([0, 'missing', undefined]);
		expect(await form.run({}, async () => asked++)).toBe(true);
		expect([asked, form.field('email'), form.busy]).toEqual([1, undefined, false]);
	});

	it('does one thing at a time', async () => {
		const form = new Submission();
		let release = () => {};
		const first = form.run({}, () => new Promise<void>((done) => (release = done)));
		expect(await form.run({}, async () => {})).toBe(false);
		release();
		expect(await first).toBe(true);
	});

	it('puts a code beside its field, and the rest above the form', async () => {
		const form = new Submission({ INVALID_CODE: { field: 'code', text: () => 'not that one' } });
		await form.run({}, fail(new Problem('INVALID_CODE', 401, '')));
		expect([form.field('code'), form.above(['code'])]).toEqual(['not that one', null]);
		const late = new Problem('UNAVAILABLE', 503, '');
		await form.run({}, fail(late));
		expect([form.field('code'), form.above(['code'])]).toEqual([undefined, late]);
	});

	it('tells a field’s complaint once, and a strange field’s above', async () => {
		const form = new Submission();
		const problem = new Problem('VALIDATION_FAILED', 422, '', [{ field: 'name', message: 'too long' }]);
		await form.run({}, fail(problem));
		expect([form.field('name'), form.above(['name']), form.above(['email'])]).toEqual([
			'too long',
			null,
			problem,
		]);
	});

	it('lets a fault of the page through and is free again', async () => {
		const form = new Submission();
		await expect(form.run({}, () => Promise.reject(new TypeError('x')))).rejects.toThrow(TypeError);
		expect(form.busy).toBe(false);
	});
});
