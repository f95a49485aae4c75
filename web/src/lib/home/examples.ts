import { m } from '$lib/paraglide/messages.js';

/** A decision that a newcomer can put to the board at once. */
export interface Example {
	id: string;
	title: string;
	problem: string;
	budget: string;
	timeline: string;
}

/** Examples for the first board, in the reader's language. Each fills the form; nothing is sent. */
export function examples(): Example[] {
	return [
		{
			id: 'hire',
			title: m.home_example_hire(),
			problem: m.home_example_hire_problem(),
			budget: m.home_example_hire_budget(),
			timeline: m.home_example_hire_timeline(),
		},
		{
			id: 'price',
			title: m.home_example_price(),
			problem: m.home_example_price_problem(),
			budget: '',
			timeline: m.home_example_price_timeline(),
		},
		{
			id: 'move',
			title: m.home_example_move(),
			problem: m.home_example_move_problem(),
			budget: m.home_example_move_budget(),
			timeline: m.home_example_move_timeline(),
		},
	];
}
