import { m } from '$lib/paraglide/messages.js';

export interface Asked {
	question: string;
	answer: string;
}

/** What people ask before they try. */
export function questions(): Asked[] {
	return [
		{ question: m.landing_faq_1(), answer: m.landing_faq_1_text() },
		{ question: m.landing_faq_2(), answer: m.landing_faq_2_text() },
		{ question: m.landing_faq_3(), answer: m.landing_faq_3_text() },
		{ question: m.landing_faq_4(), answer: m.landing_faq_4_text() },
		{ question: m.landing_faq_5(), answer: m.landing_faq_5_text() },
		{ question: m.landing_faq_6(), answer: m.landing_faq_6_text() },
	];
}
