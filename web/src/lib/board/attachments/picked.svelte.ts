import { Problem } from '$lib/api/problem';
import { m } from '$lib/paraglide/messages.js';
import { attach } from './calls';
import { refusal } from './words';

/** What the server takes unless it is configured otherwise; it says no where it takes less. */
export const MOST_FILES = 10;
export const MOST_BYTES = 10_000_000;
/** For the file dialog; the server goes by the content. */
export const ENDINGS = '.txt,.md,.markdown,.csv,.tsv,.pdf,.docx';

export interface PickedFile {
	file: File;
	state: 'waiting' | 'sending' | 'sent';
	/** Why it cannot be attached. */
	problem: string | null;
}

/** What is wrong with a file before anybody is asked. */
function faultOf(file: File): string | null {
	if (file.size > MOST_BYTES) return m.attach_too_large();
	return file.size === 0 ? m.attach_unreadable() : null;
}

/** Files that were chosen for a session that does not exist yet. They live as long as the page. */
export class Picked {
	list = $state<PickedFile[]>([]);
	/** Why some of what was chosen last is not in the list. */
	refused = $state<string | null>(null);

	/** Whether more can be added. */
	get full(): boolean {
		return this.list.length >= MOST_FILES;
	}

	get sent(): number {
		return this.list.filter(({ state }) => state === 'sent').length;
	}

	get sending(): boolean {
		return this.list.some(({ state }) => state === 'sending');
	}

	add(files: Iterable<File>) {
		this.refused = null;
		for (const file of files) {
			const known = this.list.some(
				({ file: one }) =>
					one.name === file.name && one.size === file.size && one.lastModified === file.lastModified,
			);
			if (known) continue;
			if (this.full) {
				this.refused = m.attach_too_many();
				return;
			}
			this.list.push({ file, state: 'waiting', problem: faultOf(file) });
		}
	}

	remove(index: number) {
		this.list.splice(index, 1);
		this.refused = null;
	}

	clear() {
		this.list = [];
		this.refused = null;
	}

	/** Attaches every file, one after another. Whether all were taken; the list says why one was not. */
	async send(session: string): Promise<boolean> {
		// What the server said the last time may hold no more: it may have been away.
		for (const one of this.list) Object.assign(one, { state: 'waiting', problem: faultOf(one.file) });
		for (const one of this.list) {
			if (one.problem) return false;
			one.state = 'sending';
			try {
				await attach(session, one.file);
				one.state = 'sent';
			} catch (cause) {
				one.state = 'waiting';
				if (!(cause instanceof Problem)) throw cause;
				one.problem = refusal(cause);
				return false;
			}
		}
		return true;
	}
}
