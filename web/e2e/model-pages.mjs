// Providers and routes as operators see them, in states that no server shows on demand: its answers are given here.
import assert from 'node:assert/strict';
import { visitor } from './identity-settings.mjs';
import { refusal } from './settings-answers.mjs';

const PAGE = '/settings/server/models';

const provider = (name, more = {}) => ({
	name,
	kind: 'openai-compatible',
	source: 'added',
	base_url: 'https://llm.example/v1',
	has_key: true,
	key_last_four: 'wxyz',
	key_variable: null,
	headers: [],
	enabled: true,
	overruled: false,
	prices: [],
	routes: [],
	created_at: '2026-11-01T10:00:00Z',
	updated_at: '2026-11-01T10:00:00Z',
	...more,
});
const route = (name, more = {}) => ({
	name,
	source: 'added',
	overruled: false,
	strategy: 'priority',
	targets: [{ target: 'mine/llama3:70b', weight: 1 }],
	sticky: false,
	hedge_after: null,
	restart: false,
	deadline: null,
	cache: { ttl_seconds: 3600, shared: false },
	guard: { mask: ['email'], block: ['Project Falcon'], moderation: null },
	timeouts: { connect: null, first_token: null, idle: null, total: null },
	created_at: null,
	updated_at: null,
	...more,
});
const kinds = [
	{ kind: 'openai', base_url: 'https://api.openai.com/v1', needs_key: true },
	{ kind: 'openai-compatible', base_url: null, needs_key: false },
];
const pagination = { next_cursor: null, has_more: false };
const offline = provider('offline', { kind: 'offline', source: 'built_in', base_url: null, has_key: false });
const builtIn = route('default', { source: 'built_in', targets: [{ target: 'offline/demo', weight: 1 }] });

const answers = () => ({
	'GET /admin/providers': {
		body: {
			data: [
				provider('file-with-a-rather-long-name-somebody-chose', {
					kind: 'openai',
					source: 'configured',
					base_url: 'https://api.openai.com/v1',
					key_last_four: null,
					key_variable: 'OPENAI_API_KEY',
					routes: ['default'],
				}),
				provider('idle', { headers: ['x-title'], enabled: false, key_last_four: null }),
				provider('mine', { routes: ['fast'], prices: [{ model: 'llama3:70b', input: 0.5, output: 1.5 }] }),
			],
			pagination,
			kinds,
			error: null,
		},
	},
	'GET /admin/routes': {
		body: {
			data: [
				route('default', { source: 'configured', targets: [{ target: 'file/gpt-5', weight: 1 }] }),
				route('fast', {
					strategy: 'weighted',
					targets: [
						{ target: 'mine/llama3:70b', weight: 3 },
						{ target: 'file/gpt-5-mini', weight: 1 },
					],
					timeouts: { connect: null, first_token: 9, idle: null, total: null },
				}),
			],
			pagination,
			error: null,
		},
	},
	'POST /admin/providers': { status: 201, body: { provider: provider('new') } },
	'PATCH /admin/providers/idle': { body: { provider: provider('idle') } },
	'DELETE /admin/providers/idle': { status: 204 },
	'POST /admin/providers/mine/test': {
		body: { reached: true, latency_ms: 84, models: 12, reason: null, message: null },
	},
	'POST /admin/providers/idle/test': {
		body: {
			reached: false,
			latency_ms: 12,
			models: null,
			reason: 'unauthorized',
			message: 'answered 401: Incorrect API key provided: ***.',
		},
	},
	'POST /admin/routes': { status: 201, body: { route: route('new') } },
	'PATCH /admin/routes/fast': { body: { route: route('fast') } },
	'DELETE /admin/routes/fast': { status: 204 },
});

export async function modelPages({ test, browser, server, complaints }) {
	const { origin } = server;
	const step = (name, act, options = {}) =>
		test(name, async () => {
			const more = { ...answers(), ...options.more };
			const who = await visitor(browser, origin, complaints, {
				operator: true,
				totp: true,
				...options,
				more,
			});
			who.goTo = async (path = PAGE) => {
				await who.page.goto(origin + path, { waitUntil: 'load' });
				await who.page.locator('main h1').waitFor();
				await who.page.waitForLoadState('networkidle');
			};
			who.row = (name) =>
				who.page.getByRole('listitem').filter({ has: who.page.getByText(name, { exact: true }) });
			try {
				await act(who);
			} finally {
				await who.close();
			}
		});

	for (const scheme of ['light', 'dark'])
		await step(`providers and routes are accessible in ${scheme}`, async (who) => {
			await who.page.emulateMedia({ colorScheme: scheme });
			await who.goTo();
			await who.page.getByText('key from OPENAI_API_KEY').waitFor();
			await who.accessible(`models, ${scheme}`);
			await who.press('Add a provider');
			await who.dialog('Add a provider').getByText('Headers and prices').click();
			await who.accessible(`add a provider, ${scheme}`);
			await who.page.keyboard.press('Escape');
			await who.press('Add a route');
			await who.dialog('Add a route').getByText('Time limits').click();
			await who.accessible(`add a route, ${scheme}`);
		});

	for (const locale of ['es-ES', 'zh-CN'])
		await step(
			`providers and routes fit 390 px in ${locale}`,
			async (who) => {
				await who.goTo();
				await who.row('mine').waitFor();
				const wide = await who.page.evaluate(
					() => document.documentElement.scrollWidth - document.documentElement.clientWidth,
				);
				assert.ok(wide <= 1, `${wide} px too wide`);
			},
			{ locale, width: 390 },
		);

	await step(
		'nobody else finds the page',
		async (who) => {
			await who.page.goto(origin + PAGE, { waitUntil: 'load' });
			await who.page.getByText('404').first().waitFor();
			assert.equal(who.bodies('GET /admin/providers').length, 0);
		},
		{ operator: false },
	);

	await step(
		'a server without configuration is told what to do first',
		async (who) => {
			await who.goTo();
			await who.page.getByText('Nothing was added yet').waitFor();
			assert.equal(await who.page.getByRole('button', { name: /^(Test|Remove|Change)/ }).count(), 0);
			await who.accessible('no providers');
		},
		{
			more: {
				'GET /admin/providers': { body: { data: [offline], pagination, kinds, error: null } },
				'GET /admin/routes': { body: { data: [builtIn], pagination, error: null } },
			},
		},
	);

	await step(
		'a set that is not in force is told above everything',
		async (who) => {
			await who.goTo();
			await who.page.getByRole('alert').getByText('models.providers.mine.api_key').waitFor();
			await who.accessible('not in force');
		},
		{
			more: {
				'GET /admin/providers': {
					body: {
						data: [offline],
						pagination,
						kinds,
						error: 'models.providers.mine.api_key: cannot be read',
					},
				},
			},
		},
	);

	await step(
		'a provider is added by the keyboard, and its key is asked for where it is needed',
		async (who) => {
			await who.goTo();
			await who.page.getByRole('button', { name: 'Add a provider' }).focus();
			await who.page.keyboard.press('Enter');
			const dialog = who.dialog('Add a provider');
			await dialog.getByLabel('Name').fill('open');
			await dialog.getByLabel('Name').press('Enter');
			await dialog.getByText('Enter the key: this provider answers nobody without.').waitFor();
			assert.equal(await who.page.evaluate(() => document.activeElement?.getAttribute('type')), 'password');
			await dialog.getByLabel('What it speaks').selectOption('openai-compatible');
			await who.press('Add the provider', dialog);
			await dialog.getByText('Enter the address.').waitFor();
			await dialog.getByLabel('Address').fill('https://llm.example/v1');
			await dialog.getByLabel('API key').fill(' sk-1 ');
			await dialog.getByText('Headers and prices').click();
			await dialog.getByLabel('Headers of its own').fill('X-Title: Board');
			await dialog.getByRole('textbox', { name: 'Prices' }).fill('llama3:70b 0,5 1.5');
			await who.press('Add the provider', dialog);
			await dialog.waitFor({ state: 'detached' });
			assert.deepEqual(who.bodies('POST /admin/providers'), [
				{
					base_url: 'https://llm.example/v1',
					api_key: 'sk-1',
					headers: { 'X-Title': 'Board' },
					enabled: true,
					prices: [{ model: 'llama3:70b', input: 0.5, output: 1.5, cached_read: null, cache_write: null }],
					name: 'open',
					kind: 'openai-compatible',
				},
			]);
		},
	);

	await step('whoever changes the address enters the secrets again', async (who) => {
		await who.goTo();
		await who.row('idle').getByRole('button', { name: 'Change' }).click();
		const dialog = who.dialog('Change idle');
		assert.equal(await dialog.getByLabel('API key').inputValue(), '');
		await dialog.getByLabel('Address').fill('https://other.example/v1');
		await who.press('Save', dialog);
		assert.equal(await dialog.getByText('Enter it again, because the address has changed.').count(), 2);
		await dialog.getByLabel('Address').fill('https://llm.example/v1');
		await dialog.getByRole('switch', { name: 'In use' }).check();
		await who.press('Save', dialog);
		await dialog.waitFor({ state: 'detached' });
		assert.deepEqual(who.bodies('PATCH /admin/providers/idle'), [
			{ base_url: 'https://llm.example/v1', enabled: true, prices: [] },
		]);
	});

	await step('what the server says about a field stands at the field', async (who) => {
		const told = refusal(422, 'VALIDATION_FAILED');
		told.body.error.details = [{ field: 'base_url', message: 'leads into a private network' }];
		who.table['PATCH /admin/providers/idle'] = told;
		await who.goTo();
		await who.row('idle').getByRole('button', { name: 'Change' }).click();
		const dialog = who.dialog('Change idle');
		await who.press('Save', dialog);
		await dialog.getByText('leads into a private network').waitFor();
		assert.equal(await who.page.evaluate(() => document.activeElement?.getAttribute('type')), 'url');
	});

	await step('a provider is tried out, and the row says what came of it', async (who) => {
		await who.goTo();
		await who.row('mine').getByRole('button', { name: 'Test' }).click();
		await who.row('mine').getByText('Answers in 84 ms. Models in its list: 12.').waitFor();
		await who.row('idle').getByRole('button', { name: 'Test' }).click();
		await who.row('idle').getByText('Does not answer: answered 401').waitFor();
		await who.accessible('tried out');
	});

	await step('only what no route leads to can be removed', async (who) => {
		await who.goTo();
		assert.ok(await who.row('mine').getByRole('button', { name: 'Remove' }).isDisabled());
		await who.row('idle').getByRole('button', { name: 'Remove' }).click();
		await who.press('Remove', who.dialog('Remove the provider idle?'));
		await who.page.getByText('idle is removed.').waitFor();
		assert.equal(who.bodies('DELETE /admin/providers/idle').length, 1);
	});

	await step('a route is added with its targets in order', async (who) => {
		await who.goTo();
		await who.press('Add a route');
		const dialog = who.dialog('Add a route');
		await who.press('Add the route', dialog);
		await dialog.getByText('Write at least one target').waitFor();
		await dialog.getByLabel('Name').fill('cheap');
		await dialog.getByLabel('Targets').fill('mine/llama3:70b 3\nfile/gpt-5-mini');
		await dialog.getByLabel('How one is chosen').selectOption('least-cost');
		await dialog.getByText('Time limits').click();
		await dialog.getByLabel('Ask a second target after').fill('2,5');
		await who.press('Add the route', dialog);
		await dialog.waitFor({ state: 'detached' });
		const [sent] = who.bodies('POST /admin/routes');
		assert.deepEqual(sent.targets, [
			{ target: 'mine/llama3:70b', weight: 3 },
			{ target: 'file/gpt-5-mini', weight: 1 },
		]);
		assert.deepEqual([sent.name, sent.strategy, sent.hedge_after], ['cheap', 'least-cost', 2.5]);
	});

	await step('a route is changed without losing what it has, and removed', async (who) => {
		await who.goTo();
		await who.row('fast').getByRole('button', { name: 'Change' }).click();
		const dialog = who.dialog('Change fast');
		assert.equal(await dialog.getByLabel('Targets').inputValue(), 'mine/llama3:70b 3\nfile/gpt-5-mini');
		await dialog.getByRole('switch', { name: 'A conversation stays with its target' }).check();
		await dialog.getByRole('checkbox', { name: 'Payment cards' }).check();
		await who.press('Save', dialog);
		await dialog.waitFor({ state: 'detached' });
		const [sent] = who.bodies('PATCH /admin/routes/fast');
		assert.deepEqual([sent.sticky, sent.timeouts.first_token, sent.strategy], [true, 9, 'weighted']);
		assert.deepEqual(sent.cache, { ttl_seconds: 3600, shared: false });
		assert.deepEqual(sent.guard, { mask: ['email', 'card'], block: ['Project Falcon'], moderation: null });
		await who.row('fast').getByRole('button', { name: 'Remove' }).click();
		await who.press('Remove', who.dialog('Remove the route fast?'));
		await who.page.getByText('fast is removed.').waitFor();
	});
}
