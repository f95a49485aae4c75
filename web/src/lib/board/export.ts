import { readProblem, unreachable } from '$lib/api/problem';
import { send } from '$lib/api/transport';

/** The files that the server makes of a report, with the ending of their names. */
export const FORMATS = { pdf: 'pdf', docx: 'docx', markdown: 'md', json: 'json' } as const;
export type Format = keyof typeof FORMATS;

/**
 * Saves a session's report as a file. Fetched, not linked: an expired access cookie is renewed on the way, and a failure
 * is told as one. Throws a `Problem`.
 */
export async function saveReport(sessionId: string, format: Format): Promise<void> {
	const answer = await send(`/api/v1/sessions/${sessionId}/export?format=${format}`).catch(() => {
		throw unreachable();
	});
	if (!answer.ok) throw readProblem(answer.status, await answer.json().catch(() => null));
	const address = URL.createObjectURL(await answer.blob());
	const link = document.createElement('a');
	link.href = address;
	link.download = `quorate-${sessionId.slice(0, 8)}.${FORMATS[format]}`;
	link.click();
	setTimeout(() => URL.revokeObjectURL(address), 1000);
}
