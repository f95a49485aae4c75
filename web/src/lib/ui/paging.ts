/** The pages that are offered: the first, the last and those around this one; null stands for a gap. */
export function pageNumbers(page: number, pages: number): (number | null)[] {
	const wanted = new Set([1, pages, page - 1, page, page + 1]);
	// A gap of a single page is that page.
	if (page - 3 === 1) wanted.add(2);
	if (page + 3 === pages) wanted.add(pages - 1);
	const shown = [...wanted].filter((one) => one >= 1 && one <= pages).sort((a, b) => a - b);
	return shown.flatMap((one, index) =>
		index > 0 && one - (shown[index - 1] ?? one) > 1 ? [null, one] : [one],
	);
}
