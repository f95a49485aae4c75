import { copyText } from '$lib/ui/clipboard';

const SHOWN_MS = 2000;

/** Words of the buttons, asked for at each use because the language may change. */
export interface CopyWords {
	copy: string;
	copied: string;
	refused: string;
}

/** Puts a button to copy over each block of code of a document. The blocks are the document's own HTML. */
export function copyButtons(words: () => CopyWords) {
	return (article: HTMLElement) => {
		const timers = new Set<ReturnType<typeof setTimeout>>();
		const added = [...article.querySelectorAll<HTMLElement>('.code')].map((block) => {
			const button = document.createElement('button');
			button.type = 'button';
			button.className = 'copy';
			button.textContent = words().copy;
			button.addEventListener('click', async () => {
				const text = block.querySelector('code')?.textContent ?? '';
				button.textContent = (await copyText(text, button)) ? words().copied : words().refused;
				const timer = setTimeout(() => (button.textContent = words().copy), SHOWN_MS);
				timers.add(timer);
			});
			block.append(button);
			return button;
		});
		return () => {
			for (const timer of timers) clearTimeout(timer);
			for (const button of added) button.remove();
		};
	};
}
