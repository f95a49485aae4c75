/** The fields of an entry that read well in a line while the report is still being written. */
const SPOKEN = ['what', 'view', 'text', 'title', 'who', 'by_when', 'persona_name'];

function line(item: unknown): string {
	if (typeof item !== 'object' || item === null) return String(item);
	const row = item as Record<string, unknown>;
	return SPOKEN.map((name) => row[name])
		.filter((value) => typeof value === 'string' && value !== '')
		.join(' · ');
}

/** A section's content as Markdown or as lines; rows (next steps, dissent) become a line each until the report is done. */
export function plainContent(content: unknown): string | string[] {
	if (Array.isArray(content)) return content.map(line).filter((text) => text !== '');
	return typeof content === 'string' ? content : line(content);
}

/** Half-written Markdown as plain text: without its marks, which flicker as they open and close. */
export function withoutMarks(text: string): string {
	return text
		.replace(/\*\*|__|^#{1,6}\s+|`/gm, '')
		.replace(/(^|\s)\*(?=\S)|(?<=\S)\*(?=\s|[.,;:!?]|$)/gm, '$1');
}
