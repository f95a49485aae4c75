import { m } from '$lib/paraglide/messages.js';
import type { BoardEvent } from './events';
import { contributionName, findingName, phaseName, reasonName } from './labels';
import type { BoardState } from './state';

/**
 * What a screen reader hears: phases, finished contributions, ballots and the end. Never the text as it is written,
 * which would speak without a pause for minutes.
 */
export function announcement(event: BoardEvent, board: BoardState): string | null {
	switch (event.type) {
		case 'phase.changed': {
			const topic = board.topics.find((known) => known.index === event.data.sub_problem);
			return topic?.title ? `${topic.title}: ${phaseName(event.data.phase)}` : phaseName(event.data.phase);
		}
		case 'contribution.recorded': {
			const { persona_name: name, type } = event.data.contribution;
			return m.announce_spoke({ name, type: contributionName(type) });
		}
		case 'seat.absent':
			return m.absence_line({ name: event.data.persona_name, reason: reasonName(event.data.reason) });
		case 'vote.recorded':
			return m.announce_voted({ name: event.data.persona_name });
		case 'research.done':
			return `${m.research_label()}: ${findingName(event.data.status)}`;
		case 'options.formed':
			return event.data.options.length > 0 ? m.announce_options({ count: event.data.options.length }) : null;
		case 'clarification.requested':
			return m.clarify_title();
		case 'session.completed':
		case 'session.cancelled':
			return m.announce_done();
		case 'session.failed':
			return m.announce_failed();
		default:
			return null;
	}
}
