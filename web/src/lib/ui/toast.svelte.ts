interface Toast {
	id: number;
	text: string;
}

const SHOWN_MS = 6000;
let next = 0;
let shown = $state<Toast[]>([]);

export const toasts = {
	get shown(): readonly Toast[] {
		return shown;
	},
	/** Says something that needs no answer. Errors that need one stand where they happened instead. */
	say(text: string) {
		const id = next++;
		shown.push({ id, text });
		setTimeout(() => toasts.drop(id), SHOWN_MS);
	},
	drop(id: number) {
		shown = shown.filter((toast) => toast.id !== id);
	},
};
