/** The pages of the public site that search engines shall know, besides the documents. */
export const PAGES = [
	'/',
	'/features',
	'/pricing',
	'/docs',
	'/blog',
	'/about',
	'/contact',
	'/status',
	'/terms',
	'/privacy',
	'/cookies',
	'/gdpr',
] as const;
