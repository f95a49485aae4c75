// What follows a board: the decision, its outcome, the journal, the calibration, and links to the report. A scripted API
// stands behind the page.
import assert from 'node:assert/strict';
import { list, reader } from './board-pages.mjs';
import { boardScene } from './board-scene.mjs';
import { id, refusal } from './settings-answers.mjs';

const DAY_MS = 86_400_000;
const inDays = (days) => new Date(Date.now() + days * DAY_MS).toISOString();
const none = (session) => ({
	session_id: session,
	decision: null,
	earlier: [],
	review_at: null,
	outcome: null,
});

/** A server that keeps what is decided, as the real one does. */
function keeps(who, scene, view = none(scene.id)) {
	const path = `/sessions/${scene.id}`;
	const by = { decided_by: id(1), decided_at: inDays(0) };
	who.server.table[`GET ${path}/decision`] = () => ({ body: view });
	who.server.table[`POST ${path}/decision`] = (_, { body }) => {
		const { review_at = null, ...decision } = body;
		view = {
			...view,
			decision: { chosen_option: null, ...decision, ...by },
			earlier: view.decision ? [...view.earlier, view.decision] : [],
			review_at,
		};
		return { body: view };
	};
	who.server.table[`POST ${path}/outcome`] = (_, { body }) => {
		const { review_at = view.review_at, ...outcome } = body;
		view = { ...view, review_at, outcome: { ...outcome, recorded_by: id(1), recorded_at: inDays(0) } };
		return { body: view };
	};
	return view;
}

function whole(more = {}) {
	const scene = boardScene(more).start().split();
	for (let topic = 0; topic < (more.topics ?? 2); topic++) scene.topic(topic);
	return scene.baseline().finish();
}

function entry(number, question, more = {}) {
	return {
		session_id: id(number),
		title: null,
		problem_statement: question,
		board_outcome: 'complete',
		decision: {
			course: 'go',
			proposals: [],
			decision: `We do it: ${question}`,
			reasons: '',
			chosen_option: null,
			decided_by: id(1),
			decided_at: inDays(-40 - (number % 100)),
			...more.decision,
		},
		earlier: [],
		review_at: more.review ?? null,
		outcome: more.verdict
			? {
					verdict: more.verdict,
					surprise: 2,
					lessons: 'Ask the people first.',
					recorded_by: id(1),
					recorded_at: inDays(-2),
				}
			: null,
	};
}

export const ENTRIES = [
	entry(811, 'Should we move our 12-person company from Berlin to Lisbon within a year?', {
		review: inDays(-3),
	}),
	entry(812, 'Raise the price of the subscription from 29 to 39 dollars?', {
		decision: { course: 'go_with_changes' },
		verdict: 'successful',
	}),
	entry(813, 'Open a second warehouse in Łódź before Christmas?', {
		decision: { course: 'no_go' },
		verdict: 'partial',
	}),
	entry(814, 'Hire a head of sales, or promote from within?', {
		verdict: 'too_early',
		review: inDays(90),
	}),
	entry(815, 'Replace the payroll provider?', { decision: { course: 'other' }, verdict: 'unsuccessful' }),
];

const bin = (at, votes, said, right) => ({
	from: at / 5,
	to: (at + 1) / 5,
	votes,
	mean_confidence: votes ? said : null,
	right: votes ? right : null,
});

const score = (outcomes, votes) => ({
	votes,
	outcomes,
	brier: votes ? 0.21 : null,
	mean_confidence: votes ? 0.74 : null,
	right: votes ? 0.62 : null,
	reliability: [
		bin(0, 0),
		bin(1, 0),
		bin(2, votes && 3, 0.52, 0.33),
		bin(3, votes && 9, 0.7, 0.66),
		bin(4, votes && 6, 0.88, 0.75),
	],
});

/** How well the boards are calibrated after so many outcomes. */
export const calibration = (outcomes, votes = outcomes * 3) => ({
	overall: score(outcomes, votes),
	personas: votes
		? [
				['finance_strategist', 'Marta Oyelaran', outcomes],
				['people_partner', 'Ines Halloran', Math.max(1, outcomes - 3)],
			].map(([persona_code, persona_name, own]) => ({
				persona_code,
				persona_name,
				...score(own, own),
				weight: own >= 5 ? 1.12 : null,
			}))
		: [],
	enough_outcomes: 5,
	weigh_by_record: true,
});

const share = (number, more = {}) => ({
	id: id(number),
	redact: { hide_problem: false, show_context: false, hide_names: false, hide_words: [] },
	created_by: id(1),
	created_at: inDays(-1),
	expires_at: inDays(29),
	revoked_at: null,
	...more,
});

const shared = (scene, more = {}) => ({
	title: null,
	problem_statement: scene.view().problem_statement,
	problem_context: {},
	completed_at: inDays(-1),
	expires_at: inDays(29),
	redacted: false,
	report: { ...scene.report(), full_report: undefined },
	...more,
});

export async function decisionPages({ test, browser, server, complaints }) {
	const only = new RegExp(process.env.E2E_STEP ?? '');
	const step = (name, act, options) =>
		only.test(name) &&
		test(
			name,
			async () => {
				const who = await reader(browser, server.origin, complaints, options);
				try {
					await act(who);
				} finally {
					await who.close();
				}
			},
			{ alone: true },
		);
	const gate = (who) => who.page.getByRole('region', { name: /^Your decision/ });

	await step('a decision is recorded, changed and concluded, and each step says what stands', async (who) => {
		const scene = who.server.add(whole());
		keeps(who, scene);
		await who.goTo(`/board/${scene.id}`);
		await gate(who).getByText('The board advises; you decide.').waitFor();
		await who.accessible('the gate before a decision');
		await who.press('Record the decision');
		await who.press('Save the decision');
		await gate(who).getByText('Choose one.').waitFor();
		await gate(who).getByText('Say what was decided.').waitFor();
		assert.equal(who.server.bodies(`POST /sessions/${scene.id}/decision`).length, 0);
		await who.accessible('the gate with faults');
		await gate(who)
			.getByRole('radio', { name: /^Go, with changes/ })
			.check();
		await gate(who).getByLabel('What did you decide?').fill('We move in spring.');
		await gate(who).getByLabel('Why?').fill('The lease.');
		await gate(who).getByLabel('Chosen option').selectOption('Move with eight');
		await gate(who).getByText('A part was decided otherwise').click();
		await gate(who).getByLabel('Decision on: The people who stay behind').selectOption('no_go');
		await who.press('in 6 months');
		const day = await gate(who).getByLabel('Look back at it on').inputValue();
		await who.press('Save the decision');
		await gate(who).getByText('We move in spring.').waitFor();
		const [sent] = who.server.bodies(`POST /sessions/${scene.id}/decision`);
		assert.deepEqual(
			{ ...sent, review_at: new Date(sent.review_at).toLocaleDateString('sv-SE') },
			{
				course: 'go_with_changes',
				decision: 'We move in spring.',
				reasons: 'The lease.',
				chosen_option: 'Move with eight',
				proposals: [{ sub_problem: 1, course: 'no_go' }],
				review_at: day,
			},
		);
		await gate(who).getByText('Look back on').waitFor();
		assert.match(
			await who.page.evaluate(() => document.activeElement?.textContent ?? ''),
			/Your decision/,
			'the focus stays where the form was',
		);
		await who.accessible('the gate with a decision');

		await who.press('Change');
		const what = gate(who).getByLabel('What did you decide?');
		assert.equal(await what.inputValue(), 'We move in spring.');
		await what.fill('We stay.');
		await who.press('Cancel');
		await gate(who).getByText('We move in spring.').waitFor();
		await who.press('Change');
		await gate(who)
			.getByRole('radio', { name: /^No go/ })
			.check();
		await what.fill('We stay.');
		await who.press('Save the decision');
		await gate(who).getByText('We stay.').waitFor();
		await gate(who).getByText('One earlier decision').click();
		await gate(who).getByText('We move in spring.').waitFor();

		await who.press('Record the outcome');
		const dialog = who.dialog('How did it turn out?');
		await who.press('Save the outcome', dialog);
		await dialog.getByText('Choose how it turned out.').waitFor();
		await who.accessible('the outcome');
		await dialog.getByRole('radio', { name: /^Too early to say/ }).check();
		await dialog.getByLabel('Look back at it on').waitFor();
		await dialog.getByRole('radio', { name: /^Successful/ }).check();
		await dialog.getByText('This stands once it is saved').waitFor();
		assert.equal(await dialog.getByLabel('Look back at it on').count(), 0);
		await dialog.getByLabel('How much did it surprise you?').selectOption('4');
		await dialog.getByLabel('What did you learn?').fill('Nobody missed the office.');
		await who.press('Save the outcome', dialog);
		await gate(who).getByText('Nobody missed the office.').waitFor();
		assert.deepEqual(who.server.bodies(`POST /sessions/${scene.id}/outcome`), [
			{ verdict: 'successful', surprise: 4, lessons: 'Nobody missed the office.' },
		]);
		assert.equal(
			await gate(who)
				.getByRole('button', { name: /Change|Record/ })
				.count(),
			0,
			'nobody can say afterwards that they had decided otherwise',
		);
	});

	await step('a decision is recorded with the keyboard alone, and a refusal loses nothing', async (who) => {
		const scene = who.server.add(whole({ topics: 1 }));
		keeps(who, scene);
		const record = who.server.table[`POST /sessions/${scene.id}/decision`];
		who.server.table[`POST /sessions/${scene.id}/decision`] = refusal(503, 'UNAVAILABLE');
		await who.goTo(`/board/${scene.id}`);
		await gate(who).waitFor();
		const keys = who.page.keyboard;
		const reach = async (name, most = 80) => {
			for (let press = 0; press < most; press++) {
				const here = await who.page.evaluate(() => {
					const part = document.activeElement;
					if (part === document.body) return '';
					return (
						part?.labels?.[0]?.innerText ??
						part?.getAttribute('aria-label') ??
						part?.innerText ??
						''
					).trim();
				});
				if (here.startsWith(name)) return;
				await keys.press('Tab');
			}
			throw new Error(`Tab does not reach “${name}”`);
		};
		await reach('Record the decision');
		await keys.press('Enter');
		await who.page.waitForFunction(() => document.activeElement?.matches('input[type=radio]'));
		await keys.press('ArrowDown');
		await keys.press('ArrowDown');
		await reach('What did you decide?');
		await keys.type('We stay for a year.');
		await reach('Save the decision');
		await keys.press('Enter');
		await gate(who).getByRole('alert').waitFor();
		assert.equal(await gate(who).getByLabel('What did you decide?').inputValue(), 'We stay for a year.');
		who.server.table[`POST /sessions/${scene.id}/decision`] = record;
		await reach('Save the decision');
		await keys.press('Enter');
		await gate(who).getByText('We stay for a year.').waitFor();
		assert.equal(who.server.bodies(`POST /sessions/${scene.id}/decision`).at(-1).course, 'no_go');
		await reach('Record the outcome');
		await keys.press('Enter');
		await who.dialog('How did it turn out?').waitFor();
		await keys.press('Escape');
		await who.dialog('How did it turn out?').waitFor({ state: 'detached' });
		assert.equal(
			await who.page.evaluate(() => document.activeElement?.textContent?.trim()),
			'Record the outcome',
			'the focus comes back',
		);
	});

	await step('the journal is read, searched, filtered and sorted, and says what is due', async (who) => {
		who.server.table['GET /decisions'] = list(ENTRIES);
		await who.goTo('/board/decisions');
		const rows = who.page.locator('main tbody tr');
		await rows.nth(4).waitFor();
		await who.accessible('journal');
		await who.page.getByText('One decision is due for a look back').waitFor();
		await who.page.getByText('1.5 of 3').waitFor();
		await who.press('Show what is due');
		await who.page.waitForURL('**show=due');
		await who.page.waitForFunction(() => document.querySelectorAll('main tbody tr').length === 1);
		await who.press('Outcome known');
		await who.page.waitForFunction(() => document.querySelectorAll('main tbody tr').length === 3);
		await who.page.getByRole('searchbox').fill('lodz');
		await rows
			.getByText('Łódź')
			.first()
			.waitFor({ state: 'detached' })
			.catch(() => {});
		await who.page.getByRole('searchbox').fill('warehouse');
		await who.page.waitForFunction(() => document.querySelectorAll('main tbody tr').length === 1);
		await who.page.getByRole('searchbox').fill('');
		await who.press('All');
		await who.page.getByRole('button', { name: 'Recorded' }).click();
		assert.match(await rows.first().innerText(), /payroll/, 'the oldest first');
		await who.page.getByLabel('Decision', { exact: true }).selectOption('no_go');
		await who.page.waitForFunction(() => document.querySelectorAll('main tbody tr').length === 1);
		await who.page.getByLabel('Decision', { exact: true }).selectOption('');
		await who.press('Due');
		who.server.table[`POST /sessions/${ENTRIES[0].session_id}/outcome`] = (_, { body }) => ({
			body: {
				...ENTRIES[0],
				outcome: { ...body, recorded_by: id(1), recorded_at: inDays(0) },
			},
		});
		await who.page.getByRole('button', { name: /^Record the outcome/ }).click();
		const dialog = who.dialog('How did it turn out?');
		await dialog.getByRole('radio', { name: /^Successful/ }).check();
		await who.press('Save the outcome', dialog);
		await who.page.getByText('None of these').waitFor();
		await who.press('Outcome known');
		await who.page.waitForFunction(() => document.querySelectorAll('main tbody tr').length === 4);
	});

	await step(
		'the journal is a place of the sidebar and of the keyboard, and says when it is empty',
		async (who) => {
			who.server.table['GET /decisions'] = list([]);
			await who.goTo('/home');
			await who.page
				.getByRole('navigation', { name: 'Main' })
				.getByRole('link', { name: 'Decisions' })
				.click();
			await who.page.getByText('No decisions yet').waitFor();
			await who.accessible('an empty journal');
			await who.page.keyboard.press('g');
			await who.page.keyboard.press('p');
			await who.page.waitForURL('**/board/personas');
			await who.page.keyboard.press('g');
			await who.page.keyboard.press('d');
			await who.page.waitForURL('**/board/decisions');
			who.server.table['GET /decisions'] = refusal(503, 'UNAVAILABLE');
			await who.goTo('/board/decisions');
			await who.page.getByRole('alert').waitFor();
			who.server.table['GET /decisions'] = list(ENTRIES);
			await who.press('Try again');
			await who.page.locator('main tbody tr').first().waitFor();
		},
	);

	await step('what is due is told at home', async (who) => {
		who.server.table['GET /decisions'] = (search) =>
			new URLSearchParams(search).get('due') ? list(ENTRIES.slice(0, 1)) : list(ENTRIES);
		await who.goTo('/home');
		await who.page.getByRole('link', { name: 'Look back' }).click();
		await who.page.waitForURL('**/board/decisions?show=due');
		await who.page.locator('main tbody tr').first().waitFor();
	});

	await step('the calibration says plainly when there is nothing, too little and enough', async (who) => {
		who.server.table['GET /board/calibration'] = { body: calibration(0) };
		await who.goTo('/board/calibration');
		await who.page.getByText('Nothing to measure yet').waitFor();
		await who.accessible('no calibration');
		who.server.table['GET /board/calibration'] = { body: calibration(2) };
		await who.goTo('/board/calibration');
		await who.page.locator('[data-few]').getByText('Only 2 outcomes so far').waitFor();
		assert.equal(await who.page.getByText('surer than they were right').count(), 0, 'luck is not judged');
		who.server.table['GET /board/calibration'] = { body: calibration(8) };
		await who.goTo('/board/calibration');
		await who.page.getByText('The ballots were surer than they were right').waitFor();
		await who.page.getByRole('img', { name: /five ranges of confidence/ }).waitFor();
		assert.equal(await who.page.locator('[data-few]').count(), 0);
		await who.page.getByText('The same as a table').click();
		await who.page.getByRole('cell', { name: 'unknown' }).first().waitFor();
		await who.accessible('calibration');
	});

	await step('the weighing is switched, and goes back when the server refuses', async (who) => {
		who.server.table['GET /board/calibration'] = { body: calibration(8) };
		who.server.table['PUT /board/calibration'] = { body: { weigh_by_record: false } };
		await who.goTo('/board/calibration');
		const toggle = who.page.getByRole('switch', { name: 'Show votes weighed by record' });
		await toggle.focus();
		await who.page.keyboard.press('Space');
		await who.page.waitForFunction(() => !document.querySelector('[role=switch]').checked);
		assert.deepEqual(who.server.bodies('PUT /board/calibration'), [{ weigh_by_record: false }]);
		who.server.table['PUT /board/calibration'] = refusal(403, 'FORBIDDEN');
		await toggle.click();
		await who.page.waitForFunction(() => !document.querySelector('[role=switch]').checked);
	});

	await step('a link is made, copied, looked at and ended', async (who) => {
		const scene = who.server.add(whole({ topics: 1 }));
		const path = `/sessions/${scene.id}/shares`;
		let links = [share(901, { revoked_at: inDays(0) })];
		who.server.table[`GET ${path}`] = () => list(links);
		who.server.table[`POST ${path}`] = (_, { body }) => {
			const made = share(902, { redact: body.redact, expires_at: inDays(body.expires_in_days) });
			links = [made, ...links];
			return {
				status: 201,
				body: { share: made, token: 'qs_secret', url: `${who.server.origin}/api/v1/shared/qs_secret` },
			};
		};
		who.server.table[`DELETE ${path}/${id(902)}`] = () => {
			links = links.map((one) => (one.id === id(902) ? { ...one, revoked_at: inDays(0) } : one));
			return { status: 204 };
		};
		await who.goTo(`/board/${scene.id}`);
		await who.page.getByRole('button', { name: 'Share', exact: true }).focus();
		await who.page.keyboard.press('Enter');
		const dialog = who.dialog('Share the report');
		await dialog.getByText('Nobody can read this report without signing in.').waitFor();
		await dialog.getByText('One more has ended or expired.').waitFor();
		await dialog.getByLabel('The link ends after').selectOption('7');
		await dialog.getByLabel('Show the context').check();
		await dialog.getByLabel('Hide the question').check();
		assert.ok(
			await dialog.getByLabel('Show the context').isDisabled(),
			'what hides the question hides it too',
		);
		await dialog.getByLabel('Hide who said what').check();
		await dialog.getByLabel('Black out words').fill('A');
		await who.press('Make a link', dialog);
		await dialog.getByText('“A” does not have 2 to 80 characters.').waitFor();
		await who.accessible('the links with a fault');
		await dialog.getByLabel('Black out words').fill('Alcântara\nBlue Lake');
		await who.press('Make a link', dialog);
		const link = dialog.getByLabel('Your link');
		await link.waitFor();
		assert.equal(await link.inputValue(), `${who.server.origin}/shared/qs_secret`);
		assert.deepEqual(who.server.bodies(`POST ${path}`), [
			{
				expires_in_days: 7,
				redact: {
					hide_problem: true,
					show_context: false,
					hide_names: true,
					hide_words: ['Alcântara', 'Blue Lake'],
				},
			},
		]);
		await dialog.getByText('without the question · without names · 2 words blacked out').waitFor();
		await who.accessible('the links');
		await who.context.grantPermissions(['clipboard-read', 'clipboard-write']);
		await who.press('Copy the link', dialog);
		assert.equal(
			await who.page.evaluate(() => navigator.clipboard.readText()),
			`${who.server.origin}/shared/qs_secret`,
		);
		await dialog.getByRole('button', { name: /^End/ }).click();
		await who.press('End it now', dialog);
		await dialog.getByText('Nobody can read this report without signing in.').waitFor();
		assert.equal(await dialog.getByLabel('Your link').count(), 0);
		await who.page.keyboard.press('Escape');
		await dialog.waitFor({ state: 'detached' });
	});

	await step('a shared report is read without an account, and tells nobody of its link', async (who) => {
		const scene = whole();
		who.server.trouble((call) =>
			call.endsWith('/shared/qs_secret') ? null : refusal(401, 'UNAUTHENTICATED'),
		);
		who.server.table['GET /shared/qs_secret'] = {
			body: shared(scene, { problem_context: { budget: '€200,000' }, redacted: true }),
		};
		await who.goTo('/shared/qs_secret', '[data-report]');
		await who.page.getByText('€200,000', { exact: true }).first().waitFor();
		await who.page.getByText('Something was left out or blacked out').waitFor();
		assert.match(await who.page.locator('meta[name=robots]').getAttribute('content'), /noindex/);
		assert.equal(await who.page.locator('meta[name=referrer]').getAttribute('content'), 'no-referrer');
		for (const name of ['Share', 'Export', 'Record the decision'])
			assert.equal(await who.page.getByRole('button', { name, exact: true }).count(), 0, name);
		assert.equal(await who.page.getByRole('slider').count(), 0, 'a reader sets no weights');
		assert.equal(await who.page.getByRole('region', { name: /^Your decision/ }).count(), 0);
		await who.accessible('a shared report');
		await who.page.emulateMedia({ media: 'print' });
		assert.ok(!(await who.page.getByRole('navigation', { name: 'Contents' }).first().isVisible()));
		assert.ok(!(await who.page.getByRole('button', { name: 'Print' }).first().isVisible()));
		await who.page.emulateMedia({ media: null });
	});

	await step('a link that has ended says so, and a server in trouble something else', async (who) => {
		who.server.table['GET /shared/qs_gone'] = refusal(404, 'NOT_FOUND');
		await who.goTo('/shared/qs_gone', '[data-gone]');
		await who.page.getByRole('heading', { name: 'This link leads nowhere any more' }).waitFor();
		assert.match(await who.page.locator('meta[name=robots]').getAttribute('content'), /noindex/);
		await who.accessible('a link that has ended');
		who.server.table['GET /shared/qs_gone'] = refusal(503, 'UNAVAILABLE');
		await who.goTo('/shared/qs_gone', '[role=alert]');
		who.server.table['GET /shared/qs_gone'] = { body: shared(whole()) };
		await who.press('Try again');
		await who.page.locator('[data-report]').waitFor();
	});

	await step('the report tells what its claims rest on, and refs lead to what they name', async (who) => {
		const scene = who.server.add(whole({ topics: 1 }));
		await who.goTo(`/board/${scene.id}`);
		const claims = who.page.getByRole('region', { name: 'Claims' });
		const first = claims.getByRole('listitem').filter({ hasText: 'Hiring in Lisbon is 11 %' });
		await first.getByText('a figure that nobody sourced').waitFor();
		await first.getByText('said to be given, but you did not say it').waitFor();
		await claims.getByText('Figures in the text that nobody sourced').waitFor();
		await claims.getByRole('link', { name: 'S1' }).first().click();
		await who.page.waitForFunction(() => document.querySelector('#report-source-S1:target') !== null);
		await who.page.getByRole('region', { name: 'Pre-mortem' }).getByText('Early sign:').waitFor();
		await who.page.getByText('The board came to the other side once, of 1 compared.').waitFor();
		await who.page.locator('[data-one-way]').first().waitFor();
		// From the report to what was said, on another tab of the page.
		await who.page.getByRole('region', { name: 'Key insights' }).getByRole('link', { name: '[C4]' }).focus();
		await who.page.keyboard.press('Enter');
		await who.page.locator(`#speech-${scene.speechId(0, 0, 3)}:target`).waitFor();
		await who.page.goBack();
	});

	await step('look-ups, options and one-way doors are drawn where they happen', async (who) => {
		const scene = boardScene({ topics: 1 }).start().split().seat(0).round(0, 0);
		await who.open(scene);
		await who.page.locator('[data-one-way]').waitFor();
		who.server.play(scene, (s) => s.research(0, 0));
		const found = who.page.locator('[data-research]');
		await found.getByText('What does the landlord in Lisbon ask for?').waitFor();
		await found.getByText('The rent is €5,400 a month').waitFor();
		who.server.play(scene, (s) => s.speak(0, 0, 0, { text: 'The rent is fixed [S1], so be it.' }));
		await who.page
			.locator(`#speech-${scene.speechId(0, 0, 0)}`)
			.getByRole('link', { name: '[S1]' })
			.click();
		await who.page.waitForFunction(() => document.querySelector('#source-S1:target') !== null);
		who.server.play(scene, (s) => s.research(0, 0, 'nothing'));
		await found.getByText('Nothing was found.').waitFor();
		who.server.play(scene, (s) => s.options(0));
		await who.page.locator('[data-options]').getByText('Move with eight', { exact: true }).waitFor();
		await who.accessible('a look-up and options');
		who.server.play(scene, (s) => s.topic(0).baseline().synthesis(['executive_summary']));
		await who.page.locator('[data-baseline]').getByText('offline/demo').waitFor();
	});

	for (const width of [1024, 1200, 1300, 1440]) {
		await step(
			`beside the sidebar of ${width} px the table has room`,
			async (who) => {
				const scene = boardScene({ seats: 8, topics: 1 }).start().split().seat(0).round(0, 0);
				scene.seats.forEach((_, seat) => scene.speak(0, 0, seat));
				await who.page.addInitScript(() => localStorage.setItem('quorate.sidebar', 'open'));
				await who.open(scene);
				await who.speeches().nth(7).waitFor();
				const faces = await who.page
					.getByRole('region', { name: 'The table' })
					.getByRole('button')
					.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
				for (const [at, a] of faces.entries())
					for (const b of faces.slice(at + 1)) {
						const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
						const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
						assert.ok(wide < 2 || high < 2, `seats lie on one another by ${wide} × ${high} px`);
					}
				assert.ok((await who.wide()) <= 1);
			},
			{ width },
		);
	}

	for (const locale of ['es-ES', 'zh-CN']) {
		await step(
			`the pages after a board fit a phone in ${locale}`,
			async (who) => {
				const scene = who.server.add(whole({ seats: 5 }));
				keeps(who, scene, { ...entry(1, 'x', { review: inDays(-1) }), session_id: scene.id });
				who.server.table['GET /decisions'] = list(ENTRIES);
				who.server.table['GET /board/calibration'] = { body: calibration(8) };
				who.server.table['GET /shared/qs_x'] = { body: shared(scene) };
				for (const path of ['/board/decisions', '/board/calibration', '/shared/qs_x', `/board/${scene.id}`]) {
					await who.goTo(path);
					await who.page.waitForLoadState('networkidle');
					assert.ok((await who.wide()) <= 1, `${path} is ${await who.wide()} px too wide`);
				}
			},
			{ locale, width: 360 },
		);
	}
}
