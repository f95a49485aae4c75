import { explain, type Problem } from '$lib/api/problem';
import { locale } from '$lib/locale.svelte';
import { m } from '$lib/paraglide/messages.js';
import type { AttachmentWarning } from './calls';

/** A size in the largest unit that leaves a digit before the point. */
export function fileSize(bytes: number): string {
	const [value, unit] =
		bytes >= 1_000_000
			? [bytes / 1_000_000, 'megabyte']
			: bytes >= 1000
				? [bytes / 1000, 'kilobyte']
				: [bytes, 'byte'];
	return new Intl.NumberFormat(locale.current, {
		style: 'unit',
		unit: unit as string,
		unitDisplay: 'short',
		maximumFractionDigits: (value as number) < 10 && unit !== 'byte' ? 1 : 0,
	}).format(value as number);
}

const WARNINGS: Record<AttachmentWarning, () => string> = {
	suspicious: m.attach_warning_suspicious,
	hidden_text: m.attach_warning_hidden_text,
	truncated: m.attach_warning_truncated,
	no_text: m.attach_warning_no_text,
	pages_without_text: m.attach_warning_pages_without_text,
	unknown_letters: m.attach_warning_unknown_letters,
};

export function warningText(code: AttachmentWarning): string {
	return WARNINGS[code]();
}

/** What an upload's problem means for the one file. */
export function refusal(problem: Problem): string {
	if (problem.code === 'PAYLOAD_TOO_LARGE') return m.attach_too_large();
	if (problem.code === 'UNSUPPORTED_MEDIA_TYPE') return m.attach_unsupported();
	if (problem.code === 'VALIDATION_FAILED') return m.attach_unreadable();
	if (problem.code === 'CONFLICT') return m.attach_too_many();
	return explain(problem);
}
