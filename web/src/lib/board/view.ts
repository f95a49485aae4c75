import type { Phase } from '$lib/api/types';
import { isOver, type BoardState, type Topic } from './state';

/** What the page shows when the reader has chosen nothing: where things happen now, and the report at the end. */
export function naturalView(board: BoardState): string {
	if (isOver(board.status) || board.synthesis !== 'none') return 'report';
	const open = board.topics.find((topic) => topic.count === null && topic.rounds.length > 0);
	const next = open ?? board.topics.findLast((topic) => topic.rounds.length > 0) ?? board.topics[0];
	return next ? `topic-${next.index}` : 'none';
}

/** The phase on the stepper: a sub-problem's own while the board works on it, else the session's. */
export function phaseOf(board: BoardState, topic: Topic | undefined): Phase {
	if (board.phase === 'complete' || board.phase === 'synthesis' || !topic?.phase) return board.phase;
	// A sub-problem is "complete" when its part of the report stands; the session is not.
	return topic.phase === 'complete' ? 'synthesis' : topic.phase;
}
