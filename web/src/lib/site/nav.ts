import { m } from '$lib/paraglide/messages.js';

export interface SiteLink {
	href: string;
	name: string;
}

/** What stands in the header. */
export function mainLinks(): SiteLink[] {
	return [
		{ href: '/features', name: m.site_features() },
		{ href: '/pricing', name: m.site_pricing() },
		{ href: '/docs', name: m.site_docs() },
		{ href: '/blog', name: m.site_blog() },
		{ href: '/about', name: m.site_about() },
	];
}

/** What stands in the footer, by column. */
export function footerLinks(): { title: string; links: SiteLink[] }[] {
	return [
		{
			title: m.site_product(),
			links: [
				{ href: '/features', name: m.site_features() },
				{ href: '/pricing', name: m.site_pricing() },
				{ href: '/status', name: m.site_status() },
			],
		},
		{
			title: m.site_learn(),
			links: [
				{ href: '/docs', name: m.site_docs() },
				{ href: '/docs/quickstart', name: m.site_quickstart() },
				{ href: '/blog', name: m.site_blog() },
			],
		},
		{
			title: m.site_project(),
			links: [
				{ href: '/about', name: m.site_about() },
				{ href: '/contact', name: m.site_contact() },
			],
		},
		{
			title: m.site_legal(),
			links: [
				{ href: '/terms', name: m.site_terms() },
				{ href: '/privacy', name: m.site_privacy() },
				{ href: '/cookies', name: m.site_cookies() },
				{ href: '/gdpr', name: m.site_gdpr() },
			],
		},
	];
}

/** Whether a link leads to the page that is open, or to one above it. */
export function leadsHere(href: string, path: string): boolean {
	return path === href || path.startsWith(`${href}/`);
}
