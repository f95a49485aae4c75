import type { Source } from '$lib/api/types';
import type { Resolve } from '$lib/ui/citations';
import type { Topic } from './state';

/** The place of a contribution on the board's page. */
export const speechPlace = (id: string) => `speech-${id}`;

/**
 * Where refs lead: `C3` to a contribution of this sub-problem, `S1` to a passage. A ref that names nothing here leads
 * nowhere, and stands as text.
 */
export function resolver(
	topic: Pick<Topic, 'rounds'> | undefined,
	sources: readonly Pick<Source, 'ref'>[],
	prefix: string,
): Resolve {
	const places = new Map<string, string>(sources.map(({ ref }) => [ref, `#${prefix}-${ref}`]));
	for (const round of topic?.rounds ?? []) {
		for (const entry of round.entries) {
			if (entry.kind === 'speech' && entry.record?.ref) {
				places.set(entry.record.ref, `#${speechPlace(entry.id)}`);
			}
		}
	}
	return (ref) => places.get(ref) ?? null;
}
