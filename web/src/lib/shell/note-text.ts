import { m } from '$lib/paraglide/messages.js';
import type { Note, NoteKind } from './notes';

const titles: Record<NoteKind, () => string> = {
	asks: m.notes_asks,
	finished: m.notes_finished,
	failed: m.notes_failed,
};

/** What happened, in the reader's language. */
export const noteTitle = (note: Pick<Note, 'kind'>) => titles[note.kind]();
