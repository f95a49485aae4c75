/** A field that is wrong, with the name and the error that stand at it. */
export interface Wrong {
	field: HTMLElement;
	name: string;
	error: string;
}

const MARKED = '[aria-invalid], [data-wrong]';

/** The first control of a form that is wrong. A group has none that could be invalid: its first one stands for it. */
export function firstWrong(form: HTMLElement): HTMLElement | null {
	return form.querySelector<HTMLElement>('[aria-invalid], [data-wrong] input');
}

/** Everything that is wrong in a form, as its fields say it. */
export function allWrong(form: HTMLElement): Wrong[] {
	return [...form.querySelectorAll<HTMLElement>(MARKED)].flatMap((marked) => {
		const field = marked.matches('[aria-invalid]') ? marked : marked.querySelector<HTMLElement>('input');
		const label = marked.id ? form.querySelector(`label[for="${CSS.escape(marked.id)}"]`) : null;
		const name = (label ?? marked.querySelector('legend'))?.textContent?.trim() ?? '';
		const described = (marked.getAttribute('aria-describedby') ?? '').split(' ');
		const error = described.filter((id) => id.endsWith('-error')).map((id) => document.getElementById(id));
		return field
			? [{ field, name, error: error.map((one) => one?.textContent?.trim() ?? '').join(' ') }]
			: [];
	});
}
