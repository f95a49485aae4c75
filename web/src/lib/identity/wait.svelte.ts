import type { Problem } from '$lib/api/problem';

/** When the server asks to wait without saying how long. */
const SOME_SECONDS = 30;

/** Counts down until another try is worth it. Times are read from the clock, so that a sleeping laptop stays right. */
export class Wait {
	#until = 0;
	#timer: ReturnType<typeof setInterval> | undefined;
	#left = $state(0);

	/** Milliseconds still to wait. */
	get left(): number {
		return this.#left;
	}
	/** Whether the wait is on. */
	get on(): boolean {
		return this.#left > 0;
	}

	/** Begins to count when the problem asks for patience; otherwise nothing happens. */
	heed(problem: Problem | null) {
		if (problem?.status === 429) this.start(problem.retryAfter ?? SOME_SECONDS);
	}

	start(seconds: number) {
		this.stop();
		this.#until = Date.now() + seconds * 1000;
		this.#tick();
		if (this.on) this.#timer = setInterval(() => this.#tick(), 500);
	}

	stop() {
		clearInterval(this.#timer);
		this.#left = 0;
	}

	#tick() {
		this.#left = Math.max(0, this.#until - Date.now());
		if (!this.on) clearInterval(this.#timer);
	}
}
