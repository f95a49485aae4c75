// The frame of the app: sidebar, drawer, home, palette, notifications and keys, over answers given here.
import assert from 'node:assert/strict';
import { visitor } from './identity-settings.mjs';
import { id } from './settings-answers.mjs';
import { around, ASKING, BOARDS, FINISHED, list, OLD, session } from './shell-answers.mjs';

const boards = (all = BOARDS, more = {}) => ({ 'GET /sessions': list(all), ...around(more) });

export async function shellPages({ test, browser, server, complaints }) {
	const origin = server.origin.replace('127.0.0.1', 'localhost');
	const step = (name, act, options = {}) =>
		test(name, async () => {
			const who = await visitor(browser, origin, complaints, { more: boards(), ...options });
			try {
				await act({
					...who,
					go: async (path) => {
						await who.page.goto(origin + path, { waitUntil: 'load' });
						await who.page.locator('main h1').waitFor();
						await who.page.waitForLoadState('networkidle');
					},
					link: (name) => who.page.getByRole('link', { name, exact: true }),
					heading: (name) => who.page.getByRole('heading', { name }).waitFor(),
				});
			} finally {
				await who.close();
			}
		});

	await step(
		'home says what needs an answer today',
		async (who) => {
			await who.go('/home');
			await who.heading(/^Good (morning|afternoon|evening), Ada Lovelace$/);
			await who.page.getByText('4 boards need you today.').waitFor();
			await who.page.getByText('Which contracts end before March?').waitFor();
			await who.page.getByText('Step 5 of 7: Discussion').waitFor();
			await who.page.getByText('Board sessions: 90% used').waitFor();
			await who.page.getByText('The whole organization: used up').waitFor();
			await who.page.getByText('No real model is connected').waitFor();
			await who.link('Connect a model').waitFor();
			await who.accessible('home');
		},
		{ operator: true, more: boards(BOARDS, { used: 9, spent: 50_000_000, offline: true }) },
	);

	await step('what was read is no news, in the list and on the page', async (who) => {
		await who.go('/home');
		const bell = who.page.getByRole('button', { name: 'Notifications, 3 new' });
		await bell.click();
		await who.page.getByRole('link', { name: /A board waits for your answer/ }).waitFor();
		await who.accessible('notifications');
		await who.press('Mark all as read');
		await who.page.getByRole('button', { name: 'Notifications', exact: true }).waitFor();
		await who.page.keyboard.press('Escape');
		// A question waits all the same; a report that was read does not.
		await who.page.getByText('2 boards need you today.').waitFor();
		await who.page.reload();
		await who.page.getByText('2 boards need you today.').waitFor();
	});

	await step('opening a board reads what was told about it', async (who) => {
		await who.go('/home');
		await who.link(FINISHED.problem_statement).click();
		await who.page.waitForURL(`**/board/${FINISHED.id}`);
		await who.page.getByRole('button', { name: 'Notifications, 2 new' }).waitFor();
	});

	await step(
		'a newcomer finds a way to the first board, and keeps a text that was begun',
		async (who) => {
			await who.go('/home');
			await who.heading('Convene your first board');
			await who.accessible('first board');
			await who.page.getByRole('button', { name: /^Hire or outsource/ }).click();
			await who.page.waitForURL('**/board/new');
			const box = who.page.locator('main textarea').first();
			assert.match(await box.inputValue(), /^Our eight-person software company/);
			await box.fill('My own decision, typed with care.');
			await who.page.goto(`${origin}/home`);
			await who.page.getByRole('button', { name: /^Raise the price/ }).click();
			await who.dialog('Replace your text?').waitFor();
			await who.accessible('replace');
			await who.press('Cancel');
			await who.page.getByRole('button', { name: /^Raise the price/ }).click();
			await who.press('Replace it');
			await who.page.waitForURL('**/board/new');
			assert.match(await who.page.locator('main textarea').first().inputValue(), /from 29 to 39 dollars/);
		},
		{ more: boards([]) },
	);

	await step(
		'home says so when the boards cannot be read, and tries again',
		async (who) => {
			await who.go('/home');
			await who.page.getByRole('alert').first().waitFor();
			await who.accessible('home in trouble');
			Object.assign(who.table, boards());
			await who.press('Try again', who.page.locator('main'));
			await who.page.getByText('4 boards need you today.').waitFor();
		},
		{
			more: {
				...boards(),
				'GET /sessions': { status: 500, body: { error: { code: 'INTERNAL', message: '' } } },
			},
		},
	);

	await step('the sidebar marks the page, closes to signs and remembers it', async (who) => {
		await who.go('/board');
		const side = who.page.getByRole('complementary', { name: 'Sidebar' });
		assert.equal((await side.locator('[aria-current="page"]').textContent()).trim(), 'Sessions');
		await who.press('Hide names');
		await who.page.reload();
		await who.page.getByRole('button', { name: 'Show names' }).waitFor();
		await who.accessible('closed sidebar');
		await side.getByRole('link', { name: 'Home' }).click();
		await who.page.waitForURL('**/home');
		await who.press('Show names');
	});

	await step('the organization is switched from the sidebar', async (who) => {
		await who.go('/board');
		await who.page.evaluate(() => (window.old = true));
		const button = who.page.getByRole('button', { name: 'Organization: Northwind' });
		await button.click();
		// Its sizes have a drawer among them, which closes what was open.
		await who.accessible('organizations');
		await button.click();
		await who.page.getByRole('button', { name: /^.*Personal$/ }).click();
		await who.page.waitForURL('**/home');
		assert.equal(await who.page.evaluate(() => window.old), undefined);
		assert.equal(who.bodies(`POST /orgs/${id(101)}/switch`).length, 1);
	});

	await step(
		'on a phone the menu is a drawer that holds the focus',
		async (who) => {
			await who.go('/board');
			const menu = who.page.getByRole('button', { name: 'Menu', exact: true });
			await menu.click();
			const drawer = who.dialog('Menu');
			await drawer.waitFor();
			await drawer.getByLabel('Language').waitFor();
			await who.accessible('drawer');
			await menu.click();
			for (let presses = 0; presses < 20; presses++) {
				await who.page.keyboard.press('Tab');
				// The browser's own bar is part of the round.
				assert.ok(
					await who.page.evaluate(
						() => document.activeElement === document.body || !!document.activeElement.closest('dialog'),
					),
				);
			}
			await who.page.keyboard.press('Escape');
			await drawer.waitFor({ state: 'detached' });
			assert.ok(await menu.evaluate((one) => one === document.activeElement));
			await menu.click();
			await drawer.getByRole('link', { name: 'Usage' }).click();
			await who.page.waitForURL('**/usage');
			await drawer.waitFor({ state: 'detached' });
			await menu.click();
			await drawer.getByRole('button', { name: 'Organization: Northwind' }).click();
			await drawer.getByRole('button', { name: 'New organization' }).click();
			await who.dialog('New organization').waitFor();
		},
		{ width: 390 },
	);

	await step('the palette is a combobox that finds pages, sessions and commands', async (who) => {
		await who.go('/usage');
		await who.page.keyboard.press('Control+k');
		const field = who.page.getByRole('combobox', { name: 'Search and commands' });
		await field.waitFor();
		assert.ok(await field.evaluate((one) => one === document.activeElement));
		await who.accessible('palette');
		const option = (name) => who.page.getByRole('option', { name });
		await field.fill('payroll');
		await option(/^Change the payroll provider/).waitFor();
		assert.equal(
			await field.getAttribute('aria-activedescendant'),
			await option(/payroll/).getAttribute('id'),
		);
		await who.accessible('palette with results');
		await who.page.keyboard.press('Enter');
		await who.page.waitForURL(`**/board/${OLD.id}`);
		// What was chosen comes first the next time.
		await who.page.getByRole('button', { name: /^Search or go to/ }).click();
		const palette = who.dialog('Search and commands');
		assert.match(await palette.getByRole('option').first().textContent(), /payroll/);
		assert.equal(await who.page.getByRole('group', { name: 'Recent' }).count(), 1);
		await field.fill('xyzzy');
		await who.page.getByText('Nothing fits.').waitFor();
		await who.accessible('palette without results');
		await who.page.keyboard.press('Escape');
		await field.waitFor({ state: 'detached' });
	});

	await step('the palette switches language and organization, and moves by keys', async (who) => {
		await who.go('/home');
		await who.page.keyboard.press('Control+k');
		const chosen = () => who.page.locator('[role="option"][aria-selected="true"]').textContent();
		await who.page.getByRole('option', { name: 'Home' }).waitFor();
		const first = await chosen();
		await who.page.keyboard.press('ArrowDown');
		assert.notEqual(await chosen(), first);
		await who.page.keyboard.press('ArrowUp');
		await who.page.keyboard.press('ArrowUp');
		assert.match(await chosen(), /简体中文/);
		await who.page.keyboard.press('ArrowUp');
		assert.match(await chosen(), /Español/);
		await who.page.keyboard.press('Enter');
		await who.heading(/^Buen[oa]s/);
		assert.equal(await who.page.locator('html').getAttribute('lang'), 'es');
		// The profile follows, so that mails do too.
		await who.page.waitForLoadState('networkidle');
		assert.deepEqual(who.bodies('PATCH /users/me'), [{ locale: 'es' }]);
		await who.page.keyboard.press('Control+k');
		await who.page.getByRole('combobox', { name: 'Búsqueda y órdenes' }).fill('cambiar a ada');
		// The address was this one before: only the answer says that it has happened.
		const switched = who.page.waitForResponse((answer) => answer.url().endsWith('/switch'));
		await who.page.keyboard.press('Enter');
		await switched;
		await who.page.waitForURL('**/home');
		assert.equal(who.bodies(`POST /orgs/${id(101)}/switch`).length, 1);
	});

	await step('keys lead to places, and can be switched off', async (who) => {
		await who.go('/home');
		await who.page.keyboard.press('g');
		await who.page.keyboard.press('u');
		await who.page.waitForURL('**/usage');
		await who.page.keyboard.press('?');
		const dialog = who.dialog('Keyboard shortcuts');
		await dialog.waitFor();
		await who.accessible('shortcuts');
		await dialog.getByRole('switch', { name: 'Keys without Ctrl' }).click();
		await who.page.keyboard.press('Escape');
		await dialog.waitFor({ state: 'detached' });
		await who.page.keyboard.press('?');
		await who.page.keyboard.press('g');
		await who.page.keyboard.press('h');
		await who.page.keyboard.press('Control+k');
		await who.page.getByRole('combobox', { name: 'Search and commands' }).waitFor();
		assert.equal(await dialog.count(), 0);
		assert.match(who.page.url(), /\/usage$/);
	});

	await step('letters typed into a field are no commands', async (who) => {
		await who.go('/board/new');
		const box = who.page.locator('main textarea').first();
		await box.fill('');
		await box.pressSequentially('g u ? [');
		assert.equal(await box.inputValue(), 'g u ? [');
		assert.match(who.page.url(), /\/board\/new$/);
	});

	await step('the whole frame is walked by keyboard alone', async (who) => {
		await who.go('/home');
		await who.page.keyboard.press('Tab');
		assert.equal(await who.focused(), 'Skip to the content');
		await who.page.keyboard.press('Enter');
		assert.equal(await who.page.evaluate(() => document.activeElement?.id), 'content');
		// Not a reload: the address names the content now, and the walk would begin there.
		await who.go('/home');
		const names = [];
		for (let presses = 0; presses < 40 && !names.includes('Notifications, 3 new'); presses++) {
			await who.page.keyboard.press('Tab');
			names.push(
				await who.page.evaluate(() => {
					const one = document.activeElement;
					const shown = one.getClientRects().length > 0 && getComputedStyle(one).outlineStyle !== 'none';
					const label = one.querySelector(':scope > .sr-only')?.textContent ?? one.textContent.trim();
					return shown ? one.getAttribute('aria-label') || label : `no ring: ${label}`;
				}),
			);
		}
		assert.deepEqual(
			names.map((name) => name.replace(/\s+/g, ' ')),
			[
				'Skip to the content',
				'Quorate',
				'Organization: Northwind',
				'Home',
				'Sessions',
				'New session',
				'Decisions',
				'Personas',
				'Usage',
				'Settings',
				'Hide names',
				'Search or go to… Ctrl K',
				'Notifications, 3 new',
			],
		);
	});

	await step(
		'a hundred boards and long words stay within the page',
		async (who) => {
			await who.go('/home');
			await who.page.getByText('One board needs you today.').waitFor();
			const wide = await who.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
			assert.ok(wide <= 1, `${wide} px too wide`);
		},
		{
			width: 360,
			more: boards([
				{ ...ASKING, problem_statement: 'Donaudampfschifffahrt'.repeat(40) },
				...Array.from({ length: 99 }, (_, index) => session(300 + index, { status: 'cancelled' })),
			]),
		},
	);
}
