// The pages of the board, in states and troubles that no server shows on demand: a scripted API stands behind the page.
import assert from 'node:assert/strict';
import { boardScene, matrixOf, PERSONAS } from './board-scene.mjs';
import { boardServer } from './board-server.mjs';
import { axe, watch } from './browser.mjs';
import { METRICS } from './board-metrics.mjs';
import { answers, id, refusal } from './settings-answers.mjs';

export const list = (data) => ({ body: { data, pagination: { next_cursor: null, has_more: false } } });

/** A reader with a browser of their own before a scripted server. */
export async function reader(
	browser,
	upstream,
	complaints,
	{ locale = 'en-GB', width = 1440, height = 900, table = {}, reducedMotion } = {},
) {
	const server = await boardServer(upstream, { table: { 'GET /personas': list(PERSONAS), ...table } });
	const context = await browser.newContext({ viewport: { width, height }, locale, reducedMotion });
	context.setDefaultTimeout(15_000);
	const page = await context.newPage();
	const watcher = watch(page, server.origin, complaints);
	watcher.expect(/status of [45]\d\d .*\/api\/v1\//);
	watcher.expect(/net::ERR_\w+ .*\/api\/v1\//);
	return {
		server,
		context,
		page,
		watcher,
		async goTo(path, wait = 'main h1') {
			await page.goto(server.origin + path, { waitUntil: 'load' });
			await page.locator(wait).first().waitFor();
		},
		open(scene) {
			server.add(scene);
			return this.goTo(`/board/${scene.id}`);
		},
		press: (name, scope = page) => scope.getByRole('button', { name, exact: true }).click(),
		dialog: (name) => page.getByRole('dialog', { name }),
		speeches: () => page.locator('article[id^="speech-"]'),
		/** The words on screen of one contribution. */
		words: (speech) => page.locator(`#speech-${speech}`).innerText(),
		wide: () =>
			page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
		async accessible(name) {
			assert.deepEqual(await axe(page, name), []);
		},
		async close() {
			await context.close();
			await server.stop();
		},
	};
}

/** A board in its first round: two have spoken, the others write. */
function inSession(more = {}) {
	const scene = boardScene(more).start().split().seat(0).round(0, 0);
	scene.seats.forEach((_, seat) => scene.begin(0, 0, seat));
	return scene.speak(0, 0, 0).speak(0, 0, 1, { decision: 'no' }).say(0, 0, 2, 'Support runs from nine ');
}

const whole = (more = {}) => boardScene(more).start().split().topic(0).topic(1).finish();

export async function boardPages({ test, browser, server, complaints }) {
	// While one works on a step, E2E_STEP (a pattern) runs only those whose names fit.
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

	await step('the board in session, in the vote and with its report is accessible', async (who) => {
		await who.open(inSession({ seats: 5 }));
		await who.speeches().nth(4).waitFor();
		await who.accessible('in session');

		const vote = boardScene({ number: 501, topics: 1 }).start().split().seat(0).round(0, 0);
		vote.seats.forEach((_, seat) => vote.speak(0, 0, seat));
		vote.measure(0, 0, 0.6, 0.5, 0.2).ballot(0).vote(0, 0).vote(0, 1, 'no').absent(0, null, 2, 'voting');
		await who.open(vote);
		await who.page.getByRole('heading', { name: 'The blind vote' }).waitFor();
		await who.accessible('the vote');

		await who.open(whole({ number: 502 }));
		await who.page.locator('[data-report]').waitFor();
		await who.accessible('the report');
		await who.page.getByRole('tab').first().click();
		await who.accessible('a sub-problem after the end');
	});

	await step('who speaks is seen and heard, and words come as they are said', async (who) => {
		const scene = inSession();
		await who.open(scene);
		const table = who.page.getByRole('region', { name: 'The table' });
		await table.getByRole('button', { name: 'Tomasz Ferreira is speaking' }).waitFor();
		assert.equal(
			await table
				.getByRole('button', { name: /Marta Oyelaran/ })
				.getByText('is speaking')
				.count(),
			0,
		);
		who.server.play(scene, (s) => s.say(0, 0, 2, 'to six.'));
		await who.page.getByText('Support runs from nine to six.').waitFor();
		who.server.play(scene, (s) => s.speak(0, 0, 2, { decision: 'conditional' }));
		await who.page.getByText('Tomasz Ferreira has spoken').waitFor({ state: 'attached' });
		await table.getByRole('button', { name: 'Tomasz Ferreira is speaking' }).waitFor({ state: 'detached' });
	});

	await step('ballots stay sealed until they are counted, then turn over together', async (who) => {
		const scene = boardScene({ topics: 1 }).start().split().seat(0).round(0, 0);
		scene.seats.forEach((_, seat) => scene.speak(0, 0, seat, { decision: 'yes' }));
		scene.ballot(0).vote(0, 0, 'no');
		await who.open(scene);
		const vote = who.page.getByRole('region', { name: 'The blind vote' });
		await vote.getByText('Cast, sealed').waitFor();
		assert.equal(await vote.getByText('Not in yet').count(), 3);
		assert.equal(
			await vote.getByText('No', { exact: true }).count(),
			0,
			'nobody sees a ballot before the count',
		);
		who.server.play(scene, (s) => [1, 2, 3].forEach((seat) => s.vote(0, seat)));
		await vote.getByText('Cast, sealed').nth(3).waitFor();
		who.server.play(scene, (s) => s.count(0));
		await vote.getByRole('article').nth(3).waitFor();
		await vote.getByRole('article').first().getByText('No', { exact: true }).waitFor();
	});

	await step('the report grows section by section', async (who) => {
		const scene = boardScene({ topics: 1 }).start().split().topic(0);
		await who.open(scene);
		who.server.play(scene, (s) => s.synthesis(['executive_summary']));
		await who.page.getByRole('heading', { name: 'The report is being written' }).waitFor();
		await who.page.getByRole('heading', { name: 'Summary' }).waitFor();
		assert.equal(await who.page.getByRole('heading', { name: 'Recommendation' }).count(), 0);
		who.server.play(scene, (s) => s.finish());
		await who.page.locator('[data-report]').waitFor();
		await who.page
			.getByRole('navigation', { name: 'Contents' })
			.getByRole('link', { name: 'Dissent' })
			.click();
		assert.equal(new URL(who.page.url()).hash, '#report-dissent');
	});

	for (const operator of [true, false]) {
		const whom = operator ? 'operators find' : 'nobody else finds';
		await step(
			`${whom} under a report how it ran`,
			async (who) => {
				const { page, server } = who;
				const scene = whole({ number: 503, topics: 2 });
				server.table[`GET /sessions/${scene.id}/metrics`] = { body: { metrics: METRICS } };
				await who.open(scene);
				await page.locator('[data-report]').waitFor();
				const section = page.locator('[data-how-it-ran]');
				if (!operator) return assert.equal(await section.count(), 0);
				assert.deepEqual(server.searches(`GET /sessions/${scene.id}/metrics`), [], 'read when it is opened');
				await section.getByText('How it ran', { exact: true }).click();
				const vote = section.getByRole('row', { name: /^Vote/ });
				await vote.getByText('$0.006').waitFor();
				await vote.getByText('75%').waitFor();
				await section.getByText('3% of the ceiling of $1.00').waitFor();
				await section.getByText('1 cited, 0 not').waitFor();
				const seats = section.getByRole('row', { name: /^Seats/ });
				assert.equal(await seats.getByText('$').count(), 0, 'what nobody was asked for costs nothing');
				await who.accessible('how it ran');
			},
			{ table: { 'GET /users/me': answers({ operator })['GET /users/me'] } },
		);
	}

	await step('a stopped board says in words that its result is partial', async (who) => {
		await who.open(
			boardScene().start().split().topic(0).absent(1, 0, 2, 'initial_round').finish({ partial: true }),
		);
		await who.page.locator('[data-honest]').getByText('This is a partial result').waitFor();
		const absences = who.page.getByText('Not everyone could be heard');
		const text = who.page.getByRole('heading', { name: 'Recommendation' });
		assert.ok(
			(await absences.boundingBox()).y < (await text.boundingBox()).y,
			'absences stand above the text',
		);
	});

	for (const [name, trouble] of [
		['a stream that breaks off in the middle of a message', () => null],
		['a server that restarts during a stream', () => 'down'],
		['a server in trouble during a stream', () => ({ ...refusal(503, 'UNAVAILABLE') })],
	]) {
		await step(`${name} loses nothing and repeats nothing`, async (who) => {
			const scene = inSession();
			await who.open(scene);
			await who.page.getByText('Support runs from nine').waitFor();
			const link = who.page.locator('[data-link]');
			who.server.trouble(trouble);
			who.server.cut();
			if (trouble()) await link.getByText('The connection was lost').waitFor();
			// What is said meanwhile is found when the server is back.
			scene.say(0, 0, 2, 'to six').speak(0, 0, 3, { text: 'Said while nobody listened.' });
			who.server.trouble(null);
			await who.page.getByText('Said while nobody listened.').waitFor();
			await link.waitFor({ state: 'detached' });
			assert.match(await who.words(scene.speechId(0, 0, 2)), /Support runs from nine to six(?!.*to six)/);
			assert.equal(await who.speeches().count(), 4);
			const after = who.server.searches(`GET /sessions/${scene.id}/stream`);
			assert.ok(after.length >= 2 && after.at(-1) !== '?after=0', 'the stream goes on after what was seen');
			who.server.play(scene, (s) => s.say(0, 0, 2, ' and on.'));
			await who.page.getByText('Support runs from nine to six and on.').waitFor();
		});
	}

	await step('a log-in that runs out during a stream is renewed without a word', async (who) => {
		const scene = inSession();
		await who.open(scene);
		await who.page.getByText('Support runs from nine').waitFor();
		let renewed = false;
		who.server.table['POST /auth/refresh'] = () => {
			renewed = true;
			return { body: { expires_in: 900 } };
		};
		who.server.trouble((call) =>
			!renewed && call !== 'POST /auth/refresh' ? refusal(401, 'TOKEN_EXPIRED') : null,
		);
		who.server.cut();
		await who.page.waitForFunction(() => true);
		scene.say(0, 0, 2, 'to six.');
		await who.page.getByText('Support runs from nine to six.').waitFor();
		assert.ok(renewed);
		assert.match(who.page.url(), new RegExp(scene.id));
	});

	await step('a log-in that ends during a stream is asked for over the page, which goes on', async (who) => {
		const scene = inSession();
		await who.open(scene);
		await who.page.getByText('Support runs from nine').waitFor();
		const me = who.server.table['GET /users/me'].body;
		who.server.trouble((call) => (call.includes('/auth/') ? null : refusal(401, 'UNAUTHENTICATED')));
		who.server.cut();
		const dialog = who.dialog('Log in again');
		await dialog.waitFor();
		scene.say(0, 0, 2, 'to six.');
		who.server.table['POST /auth/login'] = () => {
			who.server.trouble(null);
			return { body: { ...me, expires_in: 900 } };
		};
		await dialog.getByLabel('Password').fill('seven lamps over the table');
		await who.press('Log in and go on', dialog);
		await who.page.getByText('Support runs from nine to six.').waitFor();
		assert.equal(await who.speeches().count(), 4);
	});

	await step('five hundred contributions stay quick', async (who) => {
		const scene = boardScene({ topics: 1, seats: 8 }).start().split().seat(0);
		for (let round = 0; round < 62; round++) {
			scene.round(0, round, round === 0 ? {} : { action: 'continue' });
			for (let seat = 0; seat < 8; seat++) scene.speak(0, round, seat, { decision: seat % 2 ? 'yes' : 'no' });
		}
		scene.round(0, 62).begin(0, 62, 0);
		await who.open(scene);
		await who.speeches().nth(496).waitFor();
		// What an entry holds is left undrawn, not the entry itself; the browser decides so with its next frame.
		await who.page
			.waitForFunction(() => {
				const texts = [...document.querySelectorAll('article[id^="speech-"] > :last-child')];
				return texts.filter((one) => !one.checkVisibility({ contentVisibilityAuto: true })).length > 400;
			})
			.catch(() => assert.fail('what is not on screen is not drawn'));
		// Time of the page's own code, which a busy machine hardly changes; frames would measure the machine.
		const devtools = await who.context.newCDPSession(who.page);
		await devtools.send('Performance.enable');
		const script = async () =>
			(await devtools.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'ScriptDuration')
				.value;
		const before = await script();
		for (let word = 0; word < 60; word++) {
			who.server.play(scene, (s) => s.say(0, 62, 0, `word${word} `));
			await new Promise((wait) => setTimeout(wait, 30));
		}
		await who.page.getByText('word59').waitFor();
		const each = ((await script()) - before) * (1000 / 60);
		assert.ok(each < 40, `a word costs ${each.toFixed(1)} ms of the page's code`);
	});

	await step('a problem of ten thousand characters leaves room for the board', async (who) => {
		const scene = inSession({ problem: 'What must be decided is long and winding. '.repeat(238) });
		await who.open(scene);
		const h1 = await who.page.locator('h1').innerText();
		assert.ok(h1.length < 300, `the heading has ${h1.length} characters`);
		await who.page.getByText('What was asked').click();
		await who.page.getByText('€200,000').waitFor();
		await who.accessible('a long problem');
	});

	await step(
		'right-to-left text, emoji and 200 % zoom stay readable',
		async (who) => {
			const scene = boardScene({
				topics: 1,
				problem: 'هل ننقل شركتنا من برلين إلى لشبونة خلال عام؟ 🚚🏖️ ٢٠٠ ألف يورو.',
			});
			scene.start().split().seat(0).round(0, 0);
			scene.speak(0, 0, 0, { text: 'النقل **مربح** بعد 19 شهرًا.\n\nAnd one line in English 🎉' });
			scene.begin(0, 0, 1).say(0, 0, 1, 'أربع عائلات لديها أطفال');
			await who.open(scene);
			const said = who.page.locator(`#speech-${scene.speechId(0, 0, 0)} .prose p`);
			await said.nth(1).waitFor();
			const sides = await said.evaluateAll((all) =>
				all.map((one) => {
					const range = document.createRange();
					range.selectNodeContents(one);
					const text = range.getBoundingClientRect();
					const box = one.getBoundingClientRect();
					return text.left - box.left > box.right - text.right ? 'right' : 'left';
				}),
			);
			assert.deepEqual(sides, ['right', 'left']);
			assert.equal(await who.page.locator('h1').evaluate((one) => getComputedStyle(one).direction), 'rtl');
			assert.ok((await who.wide()) <= 1);
		},
		// A window of 1440 px at 200 %.
		{ width: 720, height: 450 },
	);

	await step(
		'the table fits a phone with eight seats, in Spanish and without movement',
		async (who) => {
			await who.open(inSession({ seats: 8 }));
			await who.speeches().nth(7).waitFor();
			assert.ok((await who.wide()) <= 1);
			const faces = await who.page
				.getByRole('region', { name: 'La mesa' })
				.getByRole('button')
				.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
			assert.equal(faces.length, 8);
			for (const face of faces) assert.ok(face.left >= 0 && face.right <= 360, JSON.stringify(face));
			const moving = await who.page.evaluate(
				() =>
					document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime === Infinity)
						.length,
			);
			assert.equal(moving, 0);
		},
		{ width: 360, height: 740, locale: 'es-ES', reducedMotion: 'reduce' },
	);

	await step('questions of the board show the time left and keep what was typed', async (who) => {
		const scene = boardScene();
		scene.start().ask(
			[
				{
					id: 'q1',
					question: 'How many have said they would come?',
					why: 'Below eight the sum does not work.',
				},
				{ id: 'q2', question: 'Is the lease transferable?', why: null },
			],
			new Date(Date.now() + 250_000).toISOString(),
		);
		who.server.table[`POST /sessions/${scene.id}/answers`] = refusal(503, 'UNAVAILABLE');
		await who.open(scene);
		await who.page
			.getByRole('timer')
			.getByText(/Goes on by itself in [34]:\d\d/)
			.waitFor();
		await who.accessible('questions');
		await who.page.getByLabel('How many have said they would come?').fill('Nine, two in writing.');
		await who.page.reload();
		const answer = who.page.getByLabel('How many have said they would come?');
		await answer.waitFor();
		assert.equal(await answer.inputValue(), 'Nine, two in writing.');
		await who.press('Send answers');
		await who.page.getByRole('alert').waitFor();
		assert.equal(await answer.inputValue(), 'Nine, two in writing.');
		who.server.table[`POST /sessions/${scene.id}/answers`] = { status: 202, body: {} };
		await who.press('Send answers');
		who.server.play(scene, (s) => s.answered([{ question_id: 'q1', answer: 'Nine, two in writing.' }]));
		await who.page.locator('[data-clarify]').waitFor({ state: 'detached' });
		assert.deepEqual(who.server.bodies(`POST /sessions/${scene.id}/answers`).at(-1).answers[0], {
			question_id: 'q1',
			answer: 'Nine, two in writing.',
		});
	});

	await step('pausing, going on and stopping say what happens', async (who) => {
		const scene = inSession();
		for (const action of ['pause', 'resume', 'stop'])
			who.server.table[`POST /sessions/${scene.id}/deliberation/${action}`] = { status: 202, body: {} };
		await who.open(scene);
		await who.press('Pause');
		await who.page.getByRole('button', { name: 'Pausing' }).waitFor();
		who.server.play(scene, (s) => s.pause());
		await who.page.getByText('The board is paused.').waitFor();
		await who.press('Resume');
		who.server.play(scene, (s) => s.resume());
		await who.page.getByText('The board is paused.').waitFor({ state: 'detached' });
		await who.press('Stop');
		const dialog = who.dialog('Stop this session?');
		await dialog.getByText(/partial/).waitFor();
		await who.press('Stop', dialog);
		who.server.play(scene, (s) => s.add('session.stop_requested', {}));
		await who.page.getByText('What you get will be marked as partial.').waitFor();
	});

	await step('a session that is not there says so', async (who) => {
		await who.goTo(`/board/${id(599)}`);
		await who.page.getByRole('alert').getByText('There is no such thing here').waitFor();
	});

	await step('every step of a new session is accessible, also with faults', async (who) => {
		for (const name of ['problem', 'context', 'seats', 'review']) {
			await who.goTo(`/board/new?step=${name}`);
			await who.page.waitForLoadState('networkidle');
			await who.accessible(`new session: ${name}`);
		}
		await who.press('Convene the board');
		await who.page.getByText('Write at least 10 characters.').waitFor();
		await who.accessible('new session with a fault');
	});

	await step('a session is convened with the keyboard alone', async (who) => {
		const scene = who.server.add(boardScene());
		who.server.table['POST /sessions'] = () => ({ status: 201, body: { session: scene.view() } });
		who.server.table[`POST /sessions/${scene.id}/deliberation/start`] = { status: 202, body: {} };
		await who.goTo('/board/new');
		const keys = who.page.keyboard;
		/** Goes on with Tab until the part with that name has the focus. */
		const reach = async (name, most = 60) => {
			for (let press = 0; press < most; press++) {
				const here = await who.page.evaluate(() => {
					const part = document.activeElement;
					// Nothing has the focus: the words of the whole page are no name.
					if (part === document.body) return '';
					const label = part?.labels?.[0]?.innerText ?? part?.getAttribute('aria-label');
					return (label ?? part?.innerText ?? '').trim();
				});
				if (here.includes(name)) return;
				await keys.press('Tab');
			}
			throw new Error(`Tab does not reach “${name}”`);
		};
		const heading = () => who.page.evaluate(() => document.activeElement?.id);
		await reach('The decision');
		await keys.type('Too short');
		await reach('Continue');
		await keys.press('Enter');
		await who.page.getByText('Write at least 10 characters.').waitFor();
		assert.equal(
			await who.page.evaluate(() => document.activeElement?.getAttribute('aria-invalid')),
			'true',
			'the focus goes to what is wrong',
		);
		await keys.press('End');
		await keys.type(' for a board, so a little longer.');
		await reach('Continue');
		await keys.press('Enter');
		await who.page.waitForURL('**step=context');
		assert.equal(await heading(), 'step-title', 'each step begins at its heading');
		await reach('Budget');
		await keys.type('40,000 euros');
		await reach('Add a fact');
		await keys.press('Enter');
		await who.page.waitForFunction(
			() => document.activeElement?.getAttribute('aria-label') === 'Name of fact 1',
		);
		await keys.type('Headcount');
		await keys.press('Tab');
		await keys.type('12');
		await reach('Let the board ask me first');
		await keys.press('Space');
		await reach('Continue');
		await keys.press('Enter');
		await who.page.waitForURL('**step=seats');
		await reach('Standard');
		await keys.press('ArrowRight');
		await reach('Search by name');
		await keys.type('contrarian loyal');
		await keys.press('Enter');
		await who.page.getByText('Nobody fits that search.').waitFor();
		await keys.press('Home');
		await keys.press('Shift+End');
		await keys.type('e');
		await reach('Marta Oyelaran');
		await keys.press('Space');
		await reach('Ines Halloran');
		await keys.press('Space');
		await reach('Continue', 90);
		await keys.press('Enter');
		await who.page.waitForURL('**step=review');
		await who.page.getByText('40,000 euros').waitFor();
		await reach('Convene the board');
		await keys.press('Enter');
		await who.page.waitForURL(`**/board/${scene.id}`);
		const [sent] = who.server.bodies('POST /sessions');
		assert.deepEqual(sent, {
			problem_statement: 'Too short for a board, so a little longer.',
			problem_context: { budget: '40,000 euros', Headcount: '12' },
			mode: 'deep',
			personas: ['finance_strategist', 'people_partner'],
			clarify: true,
		});
		assert.equal(
			await who.page.evaluate(() =>
				Object.keys(localStorage)
					.filter((key) => key.startsWith('quorate.draft'))
					.join(),
			),
			'',
			'the draft is gone',
		);
	});

	await step('what the server finds wrong is told at its field, and nothing typed is lost', async (who) => {
		who.server.table['POST /sessions'] = {
			status: 422,
			body: {
				error: {
					code: 'VALIDATION_FAILED',
					message: '',
					details: [{ field: 'problem_context.timeline', message: 'Say it in fewer words.' }],
				},
			},
		};
		await who.goTo('/board/new');
		await who.page.getByLabel('The decision').fill('Shall we sell the house this year?');
		await who.page.getByRole('link', { name: 'Skip to the review' }).click();
		await who.press('Convene the board');
		await who.page.waitForURL('**step=context');
		await who.page.getByText('Say it in fewer words.').waitFor();
		await who.page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true');
		assert.equal(await who.page.getByLabel('Time', { exact: true }).getAttribute('aria-invalid'), 'true');
		await who.goTo('/board/new');
		assert.equal(
			await who.page.getByLabel('The decision').inputValue(),
			'Shall we sell the house this year?',
			'the draft outlives the page',
		);
		await who.press('Start over');
		await who.press('Start over', who.dialog('Delete this draft?'));
		assert.equal(await who.page.getByLabel('The decision').inputValue(), '');
	});

	await step('the seats are found by search and by field, and no more than eight sit', async (who) => {
		await who.goTo('/board/new?step=seats');
		await who.page
			.getByRole('group', { name: 'Field of work' })
			.getByRole('button', { name: /^Law/ })
			.click();
		await who.page.getByRole('checkbox', { name: /Lucía Brandt/ }).check();
		assert.equal(
			await who.page.getByRole('checkbox').count(),
			2,
			'the one who fits, and whether one model alone is asked as well',
		);
		await who.press('All');
		for (const one of PERSONAS) await who.page.getByRole('checkbox', { name: new RegExp(one.name) }).check();
		await who.page.getByText('8 of at most 8 chosen.').waitFor();
		await who.press('Take Lucía Brandt off the board');
		await who.page.getByText('7 of at most 8 chosen.').waitFor();
		await who.page.reload();
		await who.page.getByText('7 of at most 8 chosen.').waitFor();
	});

	await step('the weights of a choice are moved, and the matrix says what that changes', async (who) => {
		const scene = whole();
		who.server.table[`PUT /sessions/${scene.id}/weights`] = (_, { body }) => ({
			body: { matrix: matrixOf(body.weights) },
		});
		await who.open(scene);
		await who.page.getByText('Option A leads: Move with eight').waitFor();
		await who.page.getByText('If Fit for families weighs more than 56%, option B leads.').waitFor();
		await who.page.getByRole('slider', { name: 'Weight of Fit for families' }).focus();
		await who.page.keyboard.press('End');
		await who.page.getByText('Option B leads: Stay and sublet').waitFor();
		await who.page.getByText('The weights are yours').waitFor();
		assert.deepEqual(who.server.bodies(`PUT /sessions/${scene.id}/weights`).at(-1), {
			sub_problem: 0,
			weights: { Cost: 50, 'Fit for families': 100 },
		});
	});

	await step('a finished session is replayed, faster, from any place', async (who) => {
		const scene = who.server.add(whole());
		await who.goTo(`/board/${scene.id}`);
		await who.page.getByRole('link', { name: 'Watch again' }).click();
		await who.page.waitForURL('**/replay');
		const bar = who.page.getByRole('region', { name: 'Replay', exact: true });
		await who.press('Pause', bar);
		await who.accessible('replay');
		assert.equal(await who.page.locator('[data-report]').count(), 0, 'the end is not told at the beginning');
		await bar.getByLabel('Speed').selectOption('8');
		await who.press('Play', bar);
		await who.speeches().first().waitFor();
		await who.page.locator('article[aria-busy="true"]').first().waitFor();
		assert.equal(await who.page.locator('article[aria-busy="true"]').count(), 1, 'one voice after the other');
		await who.press('Pause', bar);
		await bar.getByLabel('Go to').selectOption({ label: 'The people who stay behind: The blind vote' });
		await who.page.getByRole('heading', { name: 'The blind vote' }).waitFor();
		assert.equal(await who.page.getByText('Cast, sealed').count(), 0);
		const place = bar.getByRole('slider');
		await place.focus();
		await who.page.keyboard.press('End');
		await who.page.locator('[data-report]').waitFor();
		await who.page.keyboard.press('Home');
		await who.page.locator('[data-report]').waitFor({ state: 'detached' });
		assert.equal(await who.speeches().count(), 0, 'back at the beginning nothing was said');
	});

	await step('a session that goes on has no replay yet', async (who) => {
		const scene = who.server.add(inSession());
		await who.goTo(`/board/${scene.id}/replay`);
		await who.page.getByText('This session is still going on.').waitFor();
		await who.page.getByRole('link', { name: 'Watch it live' }).click();
		await who.speeches().first().waitFor();
	});

	await step('the history is searched over all its pages, filtered and put in order', async (who) => {
		const views = Array.from({ length: 45 }, (_, index) => ({
			...whole({ number: 600 + index }).view(),
			problem_statement: index === 44 ? '¿Vendemos la caseta de San José?' : `Decision number ${index}`,
		}));
		who.server.table['GET /sessions'] = (search) => {
			const query = new URLSearchParams(search);
			const from = Number(query.get('cursor') ?? 0);
			const to = from + Number(query.get('limit'));
			const all = query.get('status') === 'failed' ? [] : views;
			return {
				body: {
					data: all.slice(from, to),
					pagination: { next_cursor: String(to), has_more: to < all.length },
				},
			};
		};
		const rows = who.page.locator('main li h2');
		await who.goTo('/board');
		await rows.nth(19).waitFor();
		assert.equal(await rows.count(), 20);
		await who.press('Show more');
		await rows.nth(39).waitFor();
		await who.goTo('/board');
		await rows.nth(19).waitFor();
		await who.page.getByRole('searchbox').fill('jose caseta');
		await rows.getByText('San José').waitFor();
		assert.equal(await rows.count(), 1, 'what was not loaded yet is found too');
		await who.page.getByRole('searchbox').fill('');
		await who.press('Failed');
		await who.page.getByText('There is no session with this status.').waitFor();
		await who.press('All');
		await rows.nth(19).waitFor();
		await who.accessible('history');

		who.server.table[`PATCH /sessions/${views[0].id}`] = (_, { body }) => ({
			body: { session: { ...views[0], title: body.title ?? null } },
		});
		await who.press('Actions for: Decision number 0');
		await who.press('Rename');
		const dialog = who.dialog('Rename');
		await dialog.getByLabel('Name').fill('The move');
		await who.press('Save', dialog);
		await rows.getByText('The move').waitFor();
		who.server.table[`DELETE /sessions/${views[1].id}`] = { status: 204 };
		await who.press('Actions for: Decision number 1');
		await who.press('Delete');
		await who.press('Delete', who.dialog('Delete this session?'));
		await rows.getByText('Decision number 1', { exact: true }).waitFor({ state: 'detached' });
	});

	await step('the gallery shows who can sit, and gives seats for the next session', async (who) => {
		await who.goTo('/board/personas');
		await who.page.getByRole('article').nth(7).waitFor();
		await who.accessible('personas');
		await who.page.getByRole('searchbox').fill('base rate');
		assert.equal(await who.page.getByRole('article').count(), 1);
		await who.page.getByRole('button', { name: /Give a seat.*Noor Lindqvist/ }).click();
		await who.page.getByRole('searchbox').fill('');
		await who.page.getByRole('button', { name: /Give a seat.*Ravi Castellanos/ }).click();
		await who.page.getByRole('link', { name: 'New session with 2 seats' }).click();
		await who.page.getByText('2 of at most 8 chosen.').waitFor();
		await who.page.getByRole('list', { name: 'Chosen seats' }).getByText('Noor Lindqvist').waitFor();
	});

	for (const locale of ['es-ES', 'zh-CN']) {
		await step(
			`every page of the board fits a phone in ${locale}`,
			async (who) => {
				const done = who.server.add(whole({ topics: 2, seats: 5 }));
				const going = who.server.add(inSession({ number: 501, seats: 5 }));
				who.server.table['GET /sessions'] = list([done.view(), going.view()]);
				for (const path of [
					'/board',
					'/board/personas',
					...['problem', 'context', 'seats', 'review'].map((name) => `/board/new?step=${name}`),
					`/board/${done.id}`,
					`/board/${done.id}/replay`,
					`/board/${going.id}`,
				]) {
					await who.goTo(path);
					await who.page.waitForTimeout(300);
					assert.ok((await who.wide()) <= 1, `${path} is ${await who.wide()} px too wide`);
				}
			},
			{ locale, width: 390 },
		);
	}
}
