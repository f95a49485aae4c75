import { api, ask } from '$lib/api/client';
import { readProblem, unreachable } from '$lib/api/problem';
import type { components } from '$lib/api/schema';
import { send } from '$lib/api/transport';

export type Attachment = components['schemas']['AttachmentView'];
export type AttachmentWarning = components['schemas']['AttachmentWarning'];

const at = (id: string) => ({ params: { path: { id } } });

/** The files of a session. Throws a `Problem`, like every call here. */
export async function attachmentsOf(session: string): Promise<Attachment[]> {
	return (await ask(api.GET('/api/v1/sessions/{id}/attachments', at(session)))).data;
}

/** Attaches a file. The server says what it is, whatever it is called. */
export async function attach(session: string, file: File): Promise<Attachment> {
	const form = new FormData();
	form.append('file', file, file.name);
	const answer = await ask(
		api.POST('/api/v1/sessions/{id}/attachments', {
			...at(session),
			// The description has no type for bytes.
			body: form as never,
			bodySerializer: () => form,
		}),
	);
	return answer.attachment;
}

/** Saves a file as it was attached. Fetched, not linked: an expired access cookie is renewed on the way. */
export async function save(session: string, attachment: Attachment): Promise<void> {
	const answer = await send(`/api/v1/sessions/${session}/attachments/${attachment.id}`).catch(() => {
		throw unreachable();
	});
	if (!answer.ok) throw readProblem(answer.status, await answer.json().catch(() => null));
	const address = URL.createObjectURL(await answer.blob());
	const link = document.createElement('a');
	link.href = address;
	link.download = attachment.name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(address), 1000);
}
