import { Problem } from '$lib/api/problem';

/** Codes that speak of one field: which, and in what words. */
export type Blames = Record<string, { field: string; text: () => string }>;

/** One form on its way to the server: whether it is busy, and what was wrong with which field. */
export class Submission {
	busy = $state(false);
	problem = $state.raw<Problem | null>(null);
	/** What the page itself found wrong before asking. */
	wrong = $state.raw<Record<string, string>>({});
	#blames: Blames;

	constructor(blames: Blames = {}) {
		this.#blames = blames;
	}

	/** The complaint about a field, the page's own first. */
	field(name: string): string | undefined {
		return this.wrong[name] ?? this.problem?.field(name);
	}

	/** What is told above the form: everything that no field tells. */
	above(fields: string[]): Problem | null {
		const told = fields.some((name) => this.problem?.field(name) !== undefined);
		return told ? null : this.problem;
	}

	/**
	 * Checks, then acts. True when it worked. A second press while busy does nothing; a problem is kept to be shown.
	 */
	async run(wrong: Record<string, string | undefined>, act: () => Promise<unknown>): Promise<boolean> {
		if (this.busy) return false;
		this.problem = null;
		this.wrong = Object.fromEntries(
			Object.entries(wrong).filter((pair): pair is [string, string] => Boolean(pair[1])),
		);
		if (Object.keys(this.wrong).length > 0) return false;
		this.busy = true;
		try {
			await act();
			return true;
		} catch (cause) {
			if (!(cause instanceof Problem)) throw cause;
			const blame = this.#blames[cause.code];
			if (blame) this.wrong = { [blame.field]: blame.text() };
			else this.problem = cause;
			return false;
		} finally {
			this.busy = false;
		}
	}
}
