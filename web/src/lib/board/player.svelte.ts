import type { BoardEvent } from './events';
import { fold } from './fold';
import { scriptOf, type Script } from './script';
import { emptyBoard, type BoardState } from './state';

/** Every so many events the board is remembered, so that going back does not begin at the beginning. */
const STRIDE = 200;
export const SPEEDS = [0.5, 1, 2, 4, 8] as const;

/** Plays the events of a finished session at reading speed. */
export class Player {
	readonly script: Script;
	board = $state.raw<BoardState>(emptyBoard());
	/** Milliseconds from the beginning, at reading speed. */
	position = $state(0);
	playing = $state(false);
	speed = $state(1);
	/** How many events have happened. */
	#done = 0;
	#marks: BoardState[] = [emptyBoard()];
	#frame = 0;
	#before = 0;

	constructor(events: readonly BoardEvent[]) {
		this.script = scriptOf(events);
		this.seek(0);
	}

	/** Whether everything has been told. */
	get ended(): boolean {
		return this.position >= this.script.length;
	}

	play() {
		if (this.playing) return;
		if (this.ended) this.seek(0);
		this.playing = true;
		this.#before = performance.now();
		this.#frame = requestAnimationFrame(this.#tick);
	}

	pause() {
		this.playing = false;
		cancelAnimationFrame(this.#frame);
	}

	toggle() {
		if (this.playing) this.pause();
		else this.play();
	}

	/** Goes to a time; what happens exactly then has happened. */
	seek(to: number) {
		this.position = Math.min(this.script.length, Math.max(0, to));
		this.#follow();
	}

	/** Goes to the chapter before or after this one. */
	step(by: 1 | -1) {
		const { chapters, length } = this.script;
		const to =
			by === 1
				? (chapters.find(({ at }) => at > this.position)?.at ?? length)
				: // A moment after its beginning "back" means the one before.
					(chapters.findLast(({ at }) => at < this.position - 1500)?.at ?? 0);
		this.seek(to);
	}

	#tick = (now: number) => {
		if (!this.playing) return;
		this.seek(this.position + (now - this.#before) * this.speed);
		this.#before = now;
		if (this.ended) this.playing = false;
		else this.#frame = requestAnimationFrame(this.#tick);
	};

	#follow() {
		const { cues } = this.script;
		let wanted = this.#done;
		while (wanted > 0 && (cues[wanted - 1]?.at ?? 0) > this.position) wanted -= 1;
		while (wanted < cues.length && (cues[wanted]?.at ?? Infinity) <= this.position) wanted += 1;
		if (wanted === this.#done && this.#done > 0) return;
		let board = this.board;
		let from = this.#done;
		if (wanted < from) {
			const mark = Math.min(Math.floor(wanted / STRIDE), this.#marks.length - 1);
			board = this.#marks[mark] ?? emptyBoard();
			from = mark * STRIDE;
		}
		for (let at = from; at < wanted; at++) {
			const cue = cues[at];
			if (cue) board = fold(board, cue.event);
			if ((at + 1) % STRIDE === 0) this.#marks[(at + 1) / STRIDE] ??= board;
		}
		this.#done = wanted;
		this.board = board;
	}
}
