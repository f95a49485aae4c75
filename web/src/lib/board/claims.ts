import type { Claim, Report } from '$lib/api/types';

/** What claims can rest on, the firmest first. */
export const BASES: readonly Claim['basis'][] = ['given', 'sourced', 'inferred', 'assumed'];

/** How many claims rest on what; what nothing rests on is left out. */
export function basesOf(claims: readonly Pick<Claim, 'basis'>[]): { basis: Claim['basis']; count: number }[] {
	return BASES.map((basis) => ({
		basis,
		count: claims.filter((claim) => claim.basis === basis).length,
	})).filter(({ count }) => count > 0);
}

/** The claims, flagged ones first, else as firmly as they stand and in their order. */
export function inOrder(claims: readonly Claim[]): Claim[] {
	const flagged = (claim: Claim) => (claim.flags.length > 0 ? 0 : 1);
	return claims.toSorted(
		(a, b) => flagged(a) - flagged(b) || BASES.indexOf(a.basis) - BASES.indexOf(b.basis),
	);
}

/** Figures of the text that nobody sourced, each section's together. */
export function figuresBySection(
	figures: NonNullable<Report['unsourced_figures']>,
): { section: string; figures: typeof figures }[] {
	const sections = [...new Set(figures.map(({ section }) => section))];
	return sections.map((section) => ({ section, figures: figures.filter((one) => one.section === section) }));
}
