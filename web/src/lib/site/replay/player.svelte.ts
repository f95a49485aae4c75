import type { BoardEvent } from '$lib/board/events';
import { fold } from '$lib/board/fold';
import { emptyBoard, speaking, type BoardState } from '$lib/board/state';
import { rest } from './recording';

/** Plays the events of a session one after the other, as the live page would have seen them, at reading speed. */
export class Player {
	board = $state.raw<BoardState>(emptyBoard());
	playing = $state(false);
	/** How many events have been played. */
	at = $state(0);
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(readonly events: readonly BoardEvent[]) {}

	get ended(): boolean {
		return this.at >= this.events.length;
	}

	play() {
		if (this.playing) return;
		if (this.ended) this.jump(0);
		this.playing = true;
		this.#wait();
	}

	pause() {
		clearTimeout(this.#timer);
		this.playing = false;
	}

	/** Shows the board as it was before the event of that place, and goes on playing if it was. */
	jump(place: number) {
		clearTimeout(this.#timer);
		const to = Math.min(Math.max(0, place), this.events.length);
		this.board = this.events.slice(0, to).reduce(fold, emptyBoard());
		this.at = to;
		if (this.playing) this.#wait();
	}

	#wait() {
		const next = this.events[this.at];
		if (!next) {
			this.playing = false;
			return;
		}
		const writers = this.board.topics.reduce((sum, topic) => sum + speaking(topic).size, 0);
		this.#timer = setTimeout(
			() => {
				this.board = fold(this.board, next);
				this.at += 1;
				this.#wait();
			},
			rest(next, writers),
		);
	}
}
