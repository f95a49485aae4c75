import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fold } from '$lib/board/fold';
import { emptyBoard } from '$lib/board/state';
import { chapters, rest, unpack, type Recording } from './recording';

const read = (language: string) =>
	JSON.parse(readFileSync(`src/lib/site/replay/recording.${language}.json`, 'utf8')) as Recording;

describe.each(['en', 'es', 'zh'])('the recording in %s', (language) => {
	const events = unpack(read(language).events);

	it('plays to the end of a whole session of the offline demo model', () => {
		const board = events.reduce(fold, emptyBoard());
		expect(board.status).toBe('completed');
		expect(board.offlineDemo).toBe(true);
		expect(board.topics).toHaveLength(1);
		expect(board.topics[0]?.votes).toHaveLength(5);
		expect(board.sections.length + (board.topics[0]?.sections.length ?? 0)).toBeGreaterThan(4);
	});

	it('has its four parts in order, and each shows what it is named after', () => {
		const parts = chapters(events);
		expect(parts.map((part) => part.name)).toEqual(['alone', 'argue', 'vote', 'report']);
		expect(parts.map((part) => part.at)).toEqual(parts.map((part) => part.at).sort((a, b) => a - b));
		const at = parts.at(-1)?.at ?? 0;
		const board = events.slice(0, at + 1).reduce(fold, emptyBoard());
		expect(board.sections.length + (board.topics[0]?.sections.length ?? 0)).toBe(1);
	});

	it('gives every text whole, piece by piece, within a few minutes', () => {
		const pieces = new Map<string, string>();
		for (const event of events) {
			if (event.type !== 'contribution.delta') continue;
			const { contribution_id: id, text } = event.data;
			expect(text).not.toBe('');
			pieces.set(id, (pieces.get(id) ?? '') + text);
		}
		for (const event of events) {
			if (event.type !== 'contribution.recorded') continue;
			const grown = pieces.get(event.data.contribution.id);
			if (grown !== undefined) expect(event.data.contribution.content.startsWith(grown)).toBe(true);
		}
		const minutes = events.reduce((sum, event) => sum + rest(event, 5), 0) / 60_000;
		expect(minutes).toBeGreaterThan(0.5);
		expect(minutes).toBeLessThan(4);
	});
});
