// The pages of the gateway, in states that no server shows on demand: its answers are given here.
import assert from 'node:assert/strict';
import { gatewayAnswers, TOKEN } from './gateway-answers.mjs';
import { visitor } from './identity-settings.mjs';
import { id } from './settings-answers.mjs';

const PAGES = ['/settings/keys', '/usage'];

export async function gatewayPages({ test, browser, server, complaints }) {
	const { origin } = server;
	const step = (name, act, options = {}) =>
		test(name, async () => {
			const more = { ...gatewayAnswers(), ...options.more };
			const who = await visitor(browser, origin, complaints, {
				operator: true,
				totp: true,
				...options,
				more,
			});
			who.goTo = async (path) => {
				await who.page.goto(origin + path, { waitUntil: 'load' });
				await who.page.locator('main h1').waitFor();
				await who.page.waitForLoadState('networkidle');
			};
			try {
				await act(who);
			} finally {
				await who.close();
			}
		});

	await step('every page of the gateway is accessible', async (who) => {
		for (const path of PAGES) {
			await who.goTo(path);
			await who.accessible(path);
		}
	});

	for (const [locale, width] of [
		['es-ES', 390],
		['zh-CN', 390],
		['es-ES', 768],
	]) {
		await step(
			`every page of the gateway fits ${width} px in ${locale}`,
			async (who) => {
				for (const path of PAGES) {
					await who.goTo(path);
					const wide = await who.page.evaluate(
						() => document.documentElement.scrollWidth - document.documentElement.clientWidth,
					);
					assert.ok(wide <= 1, `${path} is ${wide} px too wide`);
				}
			},
			{ locale, width },
		);
	}

	await step('a key is made, and its secret must be kept before one goes on', async (who) => {
		await who.goTo('/settings/keys');
		await who.press('New key');
		const dialog = who.dialog('New key');
		await who.press('Create the key', dialog);
		await dialog.getByText('Give the key a name.').waitFor();
		assert.equal(await who.page.evaluate(() => document.activeElement?.getAttribute('aria-invalid')), 'true');
		await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('Editor');
		for (const name of ['Call models', 'See which models there are']) await dialog.getByLabel(name).uncheck();
		await who.press('Create the key', dialog);
		await dialog.getByText('Tick at least one thing').waitFor();
		assert.equal(await who.page.evaluate(() => document.activeElement?.type), 'checkbox');
		await dialog.getByLabel('Call models').check();
		await dialog.getByLabel('Ends').selectOption('never');
		await dialog.getByText('Limits of its own').click();
		await dialog.getByLabel('Only from these addresses').fill('10.0.0.0/8, home');
		await who.press('Create the key', dialog);
		await dialog.getByText('“home” is neither an address nor a network.').waitFor();
		await dialog.getByLabel('Only from these addresses').fill('10.0.0.0/8');
		await dialog.getByLabel('Only these models and routes').fill('fast\nopenai/*');
		await dialog.getByLabel('Dollars a month').fill('12.50');
		await who.accessible('new key');
		await who.press('Create the key', dialog);
		await dialog.waitFor({ state: 'detached' });
		assert.deepEqual(who.bodies('POST /keys'), [
			{
				name: 'Editor',
				scopes: ['model:use'],
				models: ['fast', 'openai/*'],
				allowed_ips: ['10.0.0.0/8'],
				expires_at: null,
				requests_per_minute: null,
				max_concurrency: null,
				monthly_budget_microusd: 12_500_000,
				environment: 'live',
			},
		]);
		const secret = who.page.getByRole('region', { name: 'The secret of Editor' });
		await secret.getByText(TOKEN, { exact: true }).waitFor();
		await who.accessible('the secret');
		await secret.getByRole('tab', { name: 'Python' }).click();
		const program = await secret.locator('pre').innerText();
		assert.ok(program.includes(`${origin}/v1`) && program.includes(TOKEN));
		await who.page.getByRole('link', { name: 'Profile' }).click();
		await who.page.getByText('Keep the secret first, then go on.').waitFor();
		assert.ok(who.page.url().endsWith('/settings/keys'));
		await secret.getByLabel('I have kept the secret').check();
		await who.press('Done', secret);
		await secret.waitFor({ state: 'detached' });
		assert.equal(await who.page.getByText(TOKEN).count(), 0);
	});

	await step('a key is changed without touching when it ends', async (who) => {
		await who.goTo('/settings/keys');
		await who.page.getByRole('button', { name: /^Change ?Nightly report$/ }).click();
		const dialog = who.dialog('Change Nightly report');
		assert.equal(await dialog.getByLabel('Dollars a month').inputValue(), '12.5');
		await dialog.getByLabel('Requests a minute').fill('');
		await who.press('Save', dialog);
		await dialog.waitFor({ state: 'detached' });
		const [sent] = who.bodies(`PATCH /keys/${id(201)}`);
		assert.equal(sent.requests_per_minute, null);
		assert.ok(!('expires_at' in sent));
	});

	await step('what the server says about an entry of a list stands at the list', async (who) => {
		who.table[`PATCH /keys/${id(201)}`] = {
			status: 400,
			body: {
				error: {
					code: 'VALIDATION_FAILED',
					message: 'x',
					details: [{ field: 'scopes[1]', message: 'is more than your role may' }],
					params: {},
				},
			},
		};
		await who.goTo('/settings/keys');
		await who.page.getByRole('button', { name: /^Change ?Nightly report$/ }).click();
		const dialog = who.dialog('Change Nightly report');
		await who.press('Save', dialog);
		await dialog
			.getByRole('group', { name: 'What it may do' })
			.getByText('is more than your role may')
			.waitFor();
		assert.equal(await dialog.getByRole('alert').count(), 0);
	});

	await step('a key is rotated with a time of grace', async (who) => {
		await who.goTo('/settings/keys');
		await who.page.getByRole('button', { name: /^Rotate ?Nightly report$/ }).click();
		const dialog = who.dialog('A new secret for Nightly report?');
		await dialog.getByLabel('The old secret works on for').selectOption('24');
		await who.press('Rotate', dialog);
		await who.page.getByRole('region', { name: 'The secret of Nightly report' }).waitFor();
		assert.deepEqual(who.bodies(`POST /keys/${id(201)}/rotate`), [{ grace_hours: 24 }]);
	});

	await step('an admin sees whose a key is, and can only revoke it', async (who) => {
		await who.goTo('/settings/keys');
		const row = who.page.getByRole('listitem').filter({ hasText: 'A key whose name' });
		await row.getByText('Key of Max').waitFor();
		assert.equal(await row.getByRole('button').count(), 1);
		await row.getByRole('button').click();
		await who.press('Revoke', who.dialog(/^Revoke A key/));
		await who.page.getByText('is revoked.').waitFor();
		assert.equal(who.bodies(`DELETE /keys/${id(202)}`).length, 1);
		const dead = who.page.getByRole('listitem').filter({ hasText: 'Old script' });
		assert.equal(await dead.getByRole('button').count(), 0);
	});

	await step(
		'without keys the page says what they are for',
		async (who) => {
			await who.goTo('/settings/keys');
			await who.page.getByText('No keys yet').waitFor();
			await who.page.getByText('any client of the OpenAI or Anthropic API').waitFor();
			await who.accessible('no keys');
		},
		{ role: 'member', more: { 'GET /keys': { body: { data: [] } } } },
	);

	await step('use is summed up, drawn, and told again as a table', async (who) => {
		await who.goTo('/usage');
		await who.page.getByText('2,143', { exact: true }).first().waitFor();
		await who.page.getByRole('img', { name: 'Bars over time: Requests.' }).waitFor();
		await who.page.getByLabel('What is shown').selectOption('cost');
		await who.page.getByRole('img', { name: 'Bars over time: Cost.' }).waitFor();
		await who.page.getByText('The same as a table').click();
		const table = who.page.getByRole('table', { name: 'Over time' });
		assert.equal(await table.getByRole('row').count(), 31);
		await who.accessible('use, opened');
		const [search] = who.searches('GET /usage/summary');
		const [from, to] = ['from', 'to'].map((name) => Date.parse(new URLSearchParams(search).get(name)));
		assert.equal(to - from, 30 * 86_400_000);
	});

	await step('another time is asked for by all parts of the page', async (who) => {
		await who.goTo('/usage');
		await who.page.getByLabel('Time', { exact: true }).focus();
		await who.page.getByLabel('Time', { exact: true }).selectOption('7d');
		await who.page.waitForURL('**/usage?period=7d');
		await who.page.waitForLoadState('networkidle');
		for (const call of ['GET /usage/summary', 'GET /usage/by-model', 'GET /usage/requests']) {
			const last = new URLSearchParams(who.searches(call).at(-1));
			assert.equal(Date.parse(last.get('to')) - Date.parse(last.get('from')), 7 * 86_400_000, call);
		}
		assert.ok(
			await who.page.getByLabel('Time', { exact: true }).evaluate((one) => one === document.activeElement),
		);
	});

	await step('unknown costs are unknown, and own work has a name', async (who) => {
		await who.goTo('/usage');
		const models = who.page.getByRole('table', { name: 'By model' });
		await models.getByRole('row').filter({ hasText: 'ollama/' }).getByText('unknown').waitFor();
		await who.page.getByRole('tab', { name: 'By model' }).press('ArrowRight');
		const keys = who.page.getByRole('table', { name: 'By key' });
		await keys.getByRole('rowheader', { name: 'Nightly report' }).waitFor();
		await keys.getByRole('rowheader', { name: `…${id(209).slice(-8)}` }).waitFor();
		await who.page.getByRole('tab', { name: 'By key' }).press('ArrowRight');
		await who.page
			.getByRole('table', { name: 'By endpoint' })
			.getByRole('rowheader', { name: 'Work of the server itself' })
			.waitFor();
		await who.page.getByText('343 without a known price are not in it').waitFor();
	});

	await step('the requests are narrowed and go on where they ended', async (who) => {
		await who.goTo('/usage');
		const log = who.page.getByRole('region', { name: 'Requests, one by one' });
		await log.getByRole('button', { name: 'Show more' }).click();
		await log.getByText('rate limited').waitFor();
		assert.equal(await log.getByRole('row').count(), 4);
		await log.getByLabel('Model, like').fill('openai/gpt-5-mini');
		await log.getByLabel('Purpose').selectOption('api');
		await who.press('Filter', log);
		await who.page.waitForLoadState('networkidle');
		const last = new URLSearchParams(who.searches('GET /usage/requests').at(-1));
		assert.deepEqual(
			['model', 'purpose', 'status', 'cursor'].map((name) => last.get(name)),
			['openai/gpt-5-mini', 'api', null, null],
		);
	});

	await step(
		'the export is fetched as a file, and a failure is told',
		async (who) => {
			await who.goTo('/usage');
			who.table['GET /usage/export.csv'] = { body: 'started_at,model' };
			const [download] = await Promise.all([who.page.waitForEvent('download'), who.press('Download as CSV')]);
			assert.match(download.suggestedFilename(), /^quorate-usage-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/);
			who.table['GET /usage/export.csv'] = { status: 503, body: { error: { code: 'UNAVAILABLE' } } };
			await who.press('Download as CSV');
			await who.page.getByText('The server cannot do this just now').waitFor();
		},
		{},
	);

	await step('a budget is set beside the others, and removed after a question', async (who) => {
		await who.goTo('/usage');
		await who.press('Set a budget');
		const dialog = who.dialog('Set a budget');
		await dialog.getByLabel('Whose spending').selectOption('purpose:board');
		await dialog.getByLabel('Dollars').fill('much');
		await who.press('Save', dialog);
		await dialog.getByText('Enter an amount like 12.50.').waitFor();
		await dialog.getByLabel('Dollars').fill('20');
		await who.accessible('a new budget');
		await who.press('Save', dialog);
		await dialog.waitFor({ state: 'detached' });
		const whole = { scope: 'organization', subject: '', period: 'month', cap_microusd: 50_000_000 };
		const key = { scope: 'key', subject: id(201), period: 'total', cap_microusd: 5_000_000 };
		const board = { scope: 'purpose', subject: 'board', period: 'month', cap_microusd: 20_000_000 };
		assert.deepEqual(who.bodies('PUT /budgets')[0].budgets, [whole, key, board]);
		await who.page.getByRole('button', { name: /^Remove ?Key: Nightly report$/ }).click();
		await who.press('Remove', who.dialog(/^Remove the budget/));
		await who.page.getByRole('dialog').waitFor({ state: 'detached' });
		assert.deepEqual(who.bodies('PUT /budgets')[1].budgets, [whole]);
	});

	await step(
		'a member sees their own use and no budgets',
		async (who) => {
			await who.goTo('/usage');
			await who.page.getByText('What you have used').waitFor();
			assert.equal(await who.page.getByRole('heading', { name: 'Budgets' }).count(), 0);
			assert.equal(who.bodies('GET /budgets').length, 0);
		},
		{ role: 'member' },
	);
}
