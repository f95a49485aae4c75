// Boards as the API tells of them, for the frame of the app and its home page.
import { id } from './settings-answers.mjs';

export const ago = (hours) => new Date(Date.now() - hours * 3_600_000).toISOString();
export const list = (data) => ({ body: { data, pagination: { next_cursor: null, has_more: false } } });

/** A board session; `number` makes its id. */
export function session(number, more = {}) {
	return {
		id: id(number),
		title: null,
		status: 'active',
		current_phase: 'discussion',
		problem_statement: `Decision number ${number}`,
		problem_context: {},
		mode: 'standard',
		max_rounds: 4,
		clarify: false,
		offline_demo: false,
		pending_questions: [],
		last_sequence: 12,
		created_at: ago(5),
		started_at: ago(5),
		...more,
	};
}

export const ASKING = session(201, {
	problem_statement: 'Should we move our 12-person company from Berlin to Lisbon within a year?',
	pending_questions: [{ id: 'q1', question: 'Which contracts end before March?', why: 'They set the date.' }],
	answer_deadline: ago(-1),
});
export const FINISHED = session(202, {
	status: 'completed',
	current_phase: 'complete',
	problem_statement: 'Do we raise the price of the subscription from 29 to 39 dollars?',
	outcome: 'deadlock',
	completed_at: ago(-1),
});
export const FAILED = session(203, {
	status: 'failed',
	problem_statement: 'Do we open a second warehouse?',
	failure: { code: 'cost_ceiling', message: 'The cost ceiling was reached.' },
	completed_at: ago(-1),
});
export const RUNNING = session(204, { title: 'Hire or outsource support?', offline_demo: true });
export const RESTING = session(205, { status: 'paused', problem_statement: 'Is the new logo worth it?' });
export const OLD = session(206, {
	status: 'completed',
	current_phase: 'complete',
	problem_statement: 'Change the payroll provider before the summer?',
	created_at: ago(700),
	started_at: ago(700),
	completed_at: ago(699),
});
/** One of each kind. */
export const BOARDS = [RUNNING, ASKING, FINISHED, FAILED, RESTING, OLD];

const model = (provider, offline) => ({
	id: `${provider}/x`,
	provider,
	kind: provider,
	offline,
	routes: ['default'],
	input: ['text'],
});

/** What the home page asks for beside the boards. */
export const around = ({ used = 3, spent = 0, offline = false } = {}) => ({
	'GET /usage/quota': list([{ feature: 'board_sessions', used, limit: 10, resets_at: ago(-300) }]),
	'GET /models': list([model('offline', true), ...(offline ? [] : [model('openai', false)])]),
	'GET /budgets': list([
		{
			scope: 'organization',
			subject: '',
			period: 'month',
			cap_microusd: 50_000_000,
			spent_microusd: spent,
			reserved_microusd: 0,
			resets_at: ago(-300),
		},
	]),
});
