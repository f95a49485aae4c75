// A scripted board session: what its events, its view and its report would be on a real server.
import { id } from './settings-answers.mjs';

const START = Date.parse('2026-03-02T09:00:00Z');

export const SEATS = [
	['finance_strategist', 'Marta Oyelaran', 'The Cash-Flow Realist', '💶', '#005af0', 'finance'],
	['people_partner', 'Ines Halloran', 'The Fair-Process Keeper', '🤝', '#b84a00', 'people'],
	['operations_lead', 'Tomasz Ferreira', 'The Second-Shift Planner', '⚙️', '#5c6b00', 'operations'],
	['contrarian_strategist', 'Wen Adeyemi', 'The Loyal Opponent', '🦊', '#a3008f', 'strategy'],
	['regulatory_counsel', 'Lucía Brandt', 'The Rule Reader', '⚖️', '#6b46c1', 'legal'],
	['forecaster', 'Noor Lindqvist', 'The Base-Rate Keeper', '🎲', '#00796b', 'data'],
	['customer_success_lead', 'Odette Marsh', 'The Account Guardian', '🌱', '#2e7d32', 'customer'],
	['systems_architect', 'Ravi Castellanos', 'The Load-Path Drawer', '🏗️', '#8d3b3b', 'engineering'],
].map(([code, name, archetype, emoji, color, category]) => ({
	code,
	name,
	archetype,
	emoji,
	color,
	category,
	reason: `Weighs the ${category} side of the question.`,
}));

/** Personas as the API lists them. */
export const PERSONAS = SEATS.map(({ reason, ...seat }, index) => ({
	...seat,
	summary: `${reason} Asks for the number behind the adjective, and says what would change the answer.`,
	temperature: 0.4 + index * 0.05,
	traits: {
		creative: 0.2 + index * 0.1,
		analytical: 0.9 - index * 0.08,
		optimistic: 0.35 + (index % 3) * 0.2,
		risk_averse: 0.75 - (index % 4) * 0.15,
		detail_oriented: 0.85 - (index % 5) * 0.1,
	},
}));

const PROBLEM =
	'Should we move our 12-person company from Berlin to Lisbon within a year? Budget 200k euros, a lease until March.';

const SPEECHES = [
	'The move pays back in **19 months** if eight of twelve people come. Below six it never does.\n\n- One-off cost: about €148,000\n- Saved rent: €6,900 a month\n- Hiring in Lisbon: 11 % below Berlin for the same seniority',
	'Four families have children in school. A move within one school year is a resignation by another name; from August on it is a conversation.',
	'Support runs from nine to six *Berlin time*. An hour of shift is nothing; two months without the two people who know the billing system is everything.',
	'Everyone here treats the lease as a deadline. It is a bargaining chip: the landlord has two empty floors. What do we lose by waiting for six months?',
	'The social security change applies from the first day of residence. Contracts need a Portuguese entity, which takes ten to fourteen weeks.',
	'Of comparable relocations of companies below 50 people, about a third of the staff stays behind. Plan with eight, hope for ten.',
	'Three clients name Berlin in their contracts. I would ask them before, not after.',
	'The build servers stand in the cupboard. That is two days of work and must not be found out in the last week.',
];

const OPTIONS = [
	['A', 'Move with eight', [8, 5], 'pass'],
	['B', 'Stay and sublet', [3, 9], 'tension'],
].map(([option, label, scores, verdict]) => ({
	id: option,
	label,
	description: `${label}: what that means from September on.`,
	supporters: ['finance_strategist'],
	trade_offs: ['Half a year of attention.'],
	risk: 'Two key people leave.',
	scores: ['Cost', 'Fit for families'].map((criterion, at) => ({ criterion, score: scores[at] })),
	constraints: [{ constraint: 'At most €200,000', verdict, note: 'About €148,000.' }],
}));

/** The decision matrix under the given weights, as a server reckons it. */
export function matrixOf(weights, set = true) {
	const sum = Object.values(weights).reduce((a, b) => a + b, 0);
	const share = (criterion) => weights[criterion] / sum;
	const rows = OPTIONS.map(({ id: option, label, scores }) => ({
		option,
		label,
		scores: scores.map(({ score }) => score),
		score: scores.reduce((total, { criterion, score }) => total + share(criterion) * score, 0),
		violates: false,
	}));
	return {
		sub_problem: 0,
		criteria: Object.keys(weights).map((criterion) => ({
			criterion,
			weight: share(criterion),
			compared: true,
		})),
		rows,
		leader: rows[0].score > rows[1].score ? 'A' : 'B',
		sensitivity: [{ criterion: 'Fit for families', direction: 'above', at: 0.56, to: 'B' }],
		weights_set: set,
	};
}

const distribution = (votes, seats) => {
	const count = (decision) => votes.filter((vote) => vote.decision === decision).length;
	const [yes, no, conditional, abstain] = ['yes', 'no', 'conditional', 'abstain'].map(count);
	const cast = yes + no + conditional;
	const support = cast === 0 ? null : (yes + conditional) / cast;
	const level =
		support === null ? 'none' : support === 1 ? 'unanimous' : support >= 0.75 ? 'strong' : 'moderate';
	return {
		yes,
		no,
		conditional,
		abstain,
		absent: seats - votes.length,
		support,
		weighted_support: support === null ? null : Math.min(1, support + 0.04),
		level,
		mean_confidence: 0.72,
		attendance: votes.length / seats,
		confidence_level: 'medium',
		quorum: votes.length * 2 >= seats,
		carried: support !== null && support > 0.5,
		rule: 'majority_of_votes_cast',
	};
};

export const TOPICS = [
	['Money and timing', 'Sign the Lisbon lease by September and keep the Berlin office until March.'],
	['The people who stay behind', 'Offer everyone who does not move twelve months of remote work.'],
	['What clients are told', 'Tell the three named clients before any contract is signed.'],
];

const SOURCES = [
	{
		ref: 'S1',
		source_id: id(7001),
		title: 'Offer of the landlord in Alcântara',
		locator: 'page 2',
		text: 'The rent is €5,400 a month for 240 m², fixed for three years, with an option on the floor above.',
	},
];

/** What the report claims, as the program found it. */
const CLAIMS = [
	{
		claim: 'The move costs about €148,000 once.',
		basis: 'inferred',
		stated_basis: 'sourced',
		source: null,
		figures: [{ figure: '€148,000', origin: 'derived', ref: null }],
		flags: [],
	},
	{
		claim: 'The rent in Lisbon is €5,400 a month, fixed for three years.',
		basis: 'sourced',
		stated_basis: 'sourced',
		source: 'S1',
		figures: [
			{ figure: '€5,400', origin: 'sourced', ref: 'S1' },
			{ figure: 'three', origin: 'sourced', ref: 'S1' },
		],
		flags: [],
	},
	{
		claim: 'The budget is €200,000.',
		basis: 'given',
		stated_basis: 'given',
		source: null,
		figures: [{ figure: '€200,000', origin: 'given', ref: null }],
		flags: [],
	},
	{
		claim: 'Hiring in Lisbon is 11 % cheaper for the same seniority.',
		basis: 'assumed',
		stated_basis: 'given',
		source: null,
		figures: [{ figure: '11 %', origin: 'said', ref: 'C1' }],
		flags: ['unsourced_figure', 'not_given'],
	},
];

const BASELINE = {
	model: 'offline/demo',
	answer: 'I would **sign**, and offer everybody remote work for a year.\n\nThe lease is the lever.',
	failure: null,
	comparisons: [
		{
			sub_problem: 0,
			decision: 'no',
			confidence: 0.55,
			reason: 'The payback is longer than the lease.',
			board_carried: true,
			changed: true,
		},
		{
			sub_problem: 1,
			decision: 'yes',
			confidence: 0.8,
			reason: 'It keeps the people who know the billing system.',
			board_carried: true,
			changed: false,
		},
	],
};

export function boardScene({
	number = 500,
	problem = PROBLEM,
	mode = 'standard',
	topics = 2,
	seats = 4,
	offline = true,
} = {}) {
	const sessionId = id(number);
	const events = [];
	const spoken = [];
	const votes = [];
	let status = 'active';
	let started = false;
	let outcome = null;
	let questions = [];
	let clock = START;

	const scene = {
		id: sessionId,
		events,
		seats: SEATS.slice(0, seats),
		add(type, data) {
			clock += 400;
			events.push({
				type,
				session_id: sessionId,
				sequence: events.length + 1,
				timestamp: new Date(clock).toISOString(),
				data,
			});
			return scene;
		},
		start() {
			started = true;
			return scene.add('session.started', { route: 'default', model: 'offline/demo', offline_demo: offline });
		},
		split() {
			scene.add('phase.changed', { phase: 'decomposition' });
			scene.add('problem.decomposed', {
				sub_problems: TOPICS.slice(0, topics).map(([title, proposal], index) => ({
					index,
					title,
					goal: `Settle ${title.toLowerCase()} so that the rest can follow.`,
					proposal,
					one_way: index === 0,
					depends_on: [],
					complexity: 0.5,
				})),
				decided_by: 'model',
			});
			return scene.add('phase.changed', { phase: 'selection' });
		},
		seat(topic = 0) {
			return scene.add('personas.selected', { sub_problem: topic, seats: scene.seats, decided_by: 'model' });
		},
		round(topic, round, more = {}) {
			scene.add('phase.changed', {
				phase: round === 0 ? 'initial_round' : 'discussion',
				sub_problem: topic,
			});
			return scene.add('round.started', {
				sub_problem: topic,
				round,
				kind: round === 0 ? 'initial' : 'discussion',
				speakers: scene.seats.map((seat) => seat.code),
				...more,
			});
		},
		speechId: (topic, round, seat) => id(10_000 + topic * 1000 + round * 100 + seat),
		begin(topic, round, seat) {
			return scene.add('contribution.started', {
				sub_problem: topic,
				round,
				contribution_id: scene.speechId(topic, round, seat),
				persona_code: SEATS[seat].code,
				persona_name: SEATS[seat].name,
				type: round === 0 ? 'initial' : 'response',
			});
		},
		say(topic, round, seat, text) {
			return scene.add('contribution.delta', {
				contribution_id: scene.speechId(topic, round, seat),
				text,
			});
		},
		speak(
			topic,
			round,
			seat,
			{ text, decision = 'yes', confidence = 0.7, contribution, buildsOn = [] } = {},
		) {
			const record = {
				id: contribution ?? scene.speechId(topic, round, seat),
				ref: `C${round * seats + seat + 1}`,
				sub_problem: topic,
				round,
				seq: seat + 1,
				type: round === 0 ? 'initial' : 'response',
				persona_code: SEATS[seat].code,
				persona_name: SEATS[seat].name,
				content: text ?? SPEECHES[(seat + round * 3 + topic) % SPEECHES.length],
				builds_on: buildsOn,
				stance: { persona_code: SEATS[seat].code, decision, confidence },
				tokens_in: 900,
				tokens_out: 120,
				cached: true,
				model: 'offline/demo',
				offline,
				latency_ms: 900,
				created_at: new Date(clock).toISOString(),
			};
			spoken.push(record);
			return scene.add('contribution.recorded', { contribution: record });
		},
		measure(topic, round, agreement, novelty, drift) {
			return scene.add('round.measured', { sub_problem: topic, round, agreement, novelty, drift });
		},
		rule(topic, round, action, reason, question = null) {
			return scene.add('facilitator.decided', {
				sub_problem: topic,
				round,
				action,
				reason,
				question,
				decided_by: 'model',
			});
		},
		/** A fact that was looked up, with what was found. */
		research(topic, round, status = 'found') {
			return scene.add('research.done', {
				sub_problem: topic,
				round,
				question: 'What does the landlord in Lisbon ask for?',
				status,
				sources: status === 'found' ? SOURCES : [],
			});
		},
		options(topic) {
			return scene.add('options.formed', {
				sub_problem: topic,
				options: OPTIONS,
				criteria: ['Cost', 'Fit for families'],
				decided_by: 'model',
			});
		},
		baseline() {
			const { model, answer, failure, comparisons } = BASELINE;
			const decisions = comparisons.map(({ sub_problem, decision, confidence, reason }) => ({
				sub_problem,
				decision,
				confidence,
				reason,
			}));
			return scene.add('baseline.recorded', { model, answer, failure, decisions });
		},
		ballot(topic, stopReason = 'converged') {
			scene.add('phase.changed', { phase: 'voting', sub_problem: topic });
			return scene.add('voting.started', {
				sub_problem: topic,
				proposal: TOPICS[topic]?.[1] ?? problem,
				rule: 'majority_of_votes_cast',
				seats: scene.seats.map((seat) => seat.code),
				stop_reason: stopReason,
			});
		},
		vote(topic, seat, decision = 'yes', more = {}) {
			const vote = {
				id: id(40_000 + topic * 100 + seat),
				sub_problem: topic,
				persona_code: SEATS[seat].code,
				persona_name: SEATS[seat].name,
				decision,
				confidence: 0.6 + (seat % 4) * 0.1,
				reasoning: SPEECHES[(seat + topic) % SPEECHES.length].split('\n')[0].replaceAll('*', ''),
				conditions: decision === 'conditional' ? ['Eight people say yes in writing by June.'] : [],
				would_change_mind: 'A written no from more than four people.',
				stance_before: { persona_code: SEATS[seat].code, decision: 'yes', confidence: 0.6 },
				flipped: false,
				flip_reason: null,
				flip_unsupported: false,
				model: 'offline/demo',
				created_at: new Date(clock).toISOString(),
				...more,
			};
			votes.push(vote);
			return scene.add('vote.recorded', vote);
		},
		count(topic) {
			const own = votes.filter((vote) => vote.sub_problem === topic);
			return scene.add('votes.counted', {
				sub_problem: topic,
				...distribution(own, seats),
				outcome: 'complete',
			});
		},
		absent(topic, round, seat, stage, reason = 'timeout') {
			return scene.add('seat.absent', {
				sub_problem: topic,
				round,
				persona_code: SEATS[seat].code,
				persona_name: SEATS[seat].name,
				stage,
				reason,
			});
		},
		ask(list, deadline) {
			questions = list;
			return scene.add('clarification.requested', { questions: list, deadline });
		},
		answered(given, by = 'user') {
			questions = [];
			return scene.add('clarification.answered', { answers: given, by });
		},
		/** A whole sub-problem from the seats to the count. */
		topic(topic, { votes: cast = ['yes', 'conditional', 'yes', 'no'] } = {}) {
			scene.seat(topic).round(topic, 0);
			scene.seats.forEach((_, seat) => scene.begin(topic, 0, seat));
			scene.seats.forEach((_, seat) =>
				scene.speak(topic, 0, seat, {
					decision: cast[(seat + 1) % cast.length],
					confidence: 0.5 + seat * 0.05,
				}),
			);
			scene.measure(topic, 0, 0.55, null, 0.22);
			scene.rule(topic, 0, 'challenge', 'The payback is not sourced.', 'Where do the 19 months come from?');
			if (topic === 0) scene.research(topic, 0);
			scene.round(topic, 1, { action: 'challenge', direction: 'Where do the 19 months come from?' });
			scene.seats.forEach((_, seat) =>
				scene.begin(topic, 1, seat).speak(topic, 1, seat, {
					decision: cast[seat % cast.length],
					confidence: 0.6 + seat * 0.05,
					buildsOn: [scene.speechId(topic, 0, (seat + 1) % scene.seats.length)],
				}),
			);
			scene.measure(topic, 1, 0.82, 0.31, 0.18);
			scene.rule(topic, 1, 'vote', 'The seats agree and little new was said.');
			if (topic === 0) scene.options(topic);
			scene.ballot(topic);
			scene.seats.forEach((_, seat) => scene.vote(topic, seat, cast[seat % cast.length]));
			return scene.count(topic);
		},
		/** The report, section by section, and the end. */
		finish({ partial = false } = {}) {
			scene.synthesis();
			outcome = partial ? 'partial' : 'complete';
			scene.add('synthesis.recorded', { sub_problem: null, outcome });
			status = partial ? 'cancelled' : 'completed';
			scene.add('phase.changed', { phase: 'complete' });
			return scene.add(partial ? 'session.cancelled' : 'session.completed', {
				outcome,
				heading: scene.report().heading,
			});
		},
		synthesis(sections = ['executive_summary', 'recommendation', 'key_insights']) {
			scene.add('phase.changed', { phase: 'synthesis' });
			scene.add('synthesis.started', { sub_problem: null });
			const report = fullReport();
			for (const name of sections)
				scene.add('report.section', { sub_problem: null, section: name, content: report[name] });
			return scene;
		},
		pause(reason = 'user') {
			status = 'paused';
			return scene.add('session.paused', { reason });
		},
		resume() {
			status = 'active';
			return scene.add('session.resumed', {});
		},
		view: () => ({
			id: sessionId,
			title: null,
			status: questions.length > 0 ? 'paused' : status,
			current_phase: 'initial_round',
			problem_statement: problem,
			problem_context: { budget: '€200,000', timeline: 'Within twelve months' },
			mode,
			max_rounds: 2,
			personas: null,
			clarify: false,
			lean: outcome ? 'I would rather stay.' : null,
			offline_demo: offline,
			model: started ? 'offline/demo' : null,
			outcome,
			failure: null,
			pending_questions: questions,
			answer_deadline: null,
			last_sequence: events.length,
			created_at: new Date(START).toISOString(),
			started_at: started ? new Date(START + 1000).toISOString() : null,
			completed_at: outcome ? new Date(clock).toISOString() : null,
		}),
		report: () => (outcome ? fullReport() : null),
	};

	function fullReport() {
		const all = distribution(votes, seats * topics);
		const heading =
			outcome === 'partial'
				? 'A partial result: the board was stopped'
				: 'The board recommends the move, on conditions';
		return {
			heading,
			outcome: outcome ?? 'complete',
			executive_summary:
				'The board supports the move **if at least eight of twelve people come**. The money works after 19 months; the risk is who stays behind.',
			recommendation:
				'Sign the Lisbon lease by September, keep Berlin until March, and stop if fewer than eight people have said yes in writing by the end of June.',
			key_insights: [
				'The lease is a bargaining chip, not a deadline [C4].',
				'Two people carry the billing system; their answer decides more than the rent.',
			],
			vote_distribution: all,
			dissenting_views: votes
				.filter((vote) => vote.decision === 'no')
				.map((vote) => ({
					persona_code: vote.persona_code,
					persona_name: vote.persona_name,
					sub_problem: vote.sub_problem,
					decision: vote.decision,
					confidence: vote.confidence,
					view: vote.reasoning,
				})),
			conditions: ['Eight people say yes in writing by June.'],
			assumptions: ['Lisbon rents stay within 10 % of today.'],
			risks: ['The entity in Portugal takes longer than fourteen weeks.'],
			pre_mortem: [
				{
					failure: 'Only five people came, and the two who know the billing system were not among them.',
					early_sign: 'Fewer than eight have said yes in writing by the end of May.',
					prevention: 'A retention offer for those two before the lease is signed [S1].',
				},
			],
			claims: CLAIMS,
			unsourced_figures: [
				{ figure: '11 %', section: 'key_insights', said_in: 'C1' },
				{ figure: '40', section: 'risks', said_in: null },
			],
			baseline: { ...BASELINE, comparisons: BASELINE.comparisons.slice(0, topics) },
			sources: SOURCES,
			flips: [
				{
					persona_code: SEATS[1].code,
					persona_name: SEATS[1].name,
					sub_problem: 0,
					from: 'no',
					to: 'conditional',
					reason: 'The move waits until August [C3].',
					unsupported: false,
				},
				{
					persona_code: SEATS[3].code,
					persona_name: SEATS[3].name,
					sub_problem: 0,
					from: 'yes',
					to: 'no',
					reason: null,
					unsupported: true,
				},
			],
			open_questions: ['Do the three named clients accept the move?'],
			next_steps: [
				{ what: 'Ask everyone in a private talk', who: 'Ada', by_when: 'End of April' },
				{ what: 'Get two offers for the Berlin sublet', who: null, by_when: null },
			],
			absences: events
				.filter((event) => event.type === 'seat.absent')
				.map(({ data }) => ({ ...data, sub_problem: data.sub_problem ?? 0, round: data.round ?? 0 })),
			sub_problems: TOPICS.slice(0, topics).map(([title, proposal], index) => ({
				index,
				title,
				goal: `Settle ${title.toLowerCase()}.`,
				proposal,
				summary: 'The seats moved closer once the payback was sourced.',
				recommendation: proposal,
				vote_distribution: distribution(
					votes.filter((vote) => vote.sub_problem === index),
					seats,
				),
				outcome: outcome ?? 'complete',
				rounds: [
					{ round: 0, agreement: 0.55, novelty: null, drift: 0.22 },
					{ round: 1, agreement: 0.82, novelty: 0.31, drift: 0.18 },
				],
				stop_reason: 'converged',
				one_way: index === 0,
				options: index === 0 ? OPTIONS : [],
				leading_option: index === 0 ? 'A' : null,
				matrix: index === 0 ? matrixOf({ Cost: 1, 'Fit for families': 1 }, false) : null,
			})),
			method: {
				mode,
				models: ['offline/demo'],
				offline_demo: offline,
				rounds: topics,
				personas: seats * topics,
				calls: 31,
				prompt_version: '1',
				decomposed_by: 'model',
				unwritten: null,
			},
			full_report: '# Report',
		};
	}

	return scene.add('session.created', { problem_statement: problem, mode });
}
