/**
 * Copies a text; false when the browser refuses. The clipboard's own interface exists only at https and localhost, and
 * many run this at plain http in their own network: there a selected field is copied the old way.
 */
export async function copyText(text: string, near: HTMLElement): Promise<boolean> {
	try {
		if (navigator.clipboard) {
			await navigator.clipboard.writeText(text);
			return true;
		}
	} catch {
		// Refused: try the other way.
	}
	const field = document.createElement('textarea');
	field.value = text;
	field.setAttribute('aria-hidden', 'true');
	field.className = 'sr-only';
	// Beside the button: outside an open dialog nothing can be selected.
	near.after(field);
	field.select();
	const done = document.execCommand('copy');
	field.remove();
	near.focus();
	return done;
}
