import { m } from '$lib/paraglide/messages.js';

export interface FeatureGroup {
	id: string;
	title: string;
	lead: string;
	features: { title: string; text: string }[];
}

/** What the product does today, and nothing else. */
export function featureGroups(): FeatureGroup[] {
	return [
		{
			id: 'board',
			title: m.features_board(),
			lead: m.features_board_lead(),
			features: [
				{ title: m.features_board_1(), text: m.features_board_1_text() },
				{ title: m.features_board_2(), text: m.features_board_2_text() },
				{ title: m.features_board_3(), text: m.features_board_3_text() },
				{ title: m.features_board_4(), text: m.features_board_4_text() },
			],
		},
		{
			id: 'live',
			title: m.features_live(),
			lead: m.features_live_lead(),
			features: [
				{ title: m.features_live_1(), text: m.features_live_1_text() },
				{ title: m.features_live_2(), text: m.features_live_2_text() },
				{ title: m.features_live_3(), text: m.features_live_3_text() },
				{ title: m.features_live_4(), text: m.features_live_4_text() },
			],
		},
		{
			id: 'report',
			title: m.features_report(),
			lead: m.features_report_lead(),
			features: [
				{ title: m.features_report_1(), text: m.features_report_1_text() },
				{ title: m.features_report_2(), text: m.features_report_2_text() },
				{ title: m.features_report_3(), text: m.features_report_3_text() },
				{ title: m.features_report_4(), text: m.features_report_4_text() },
				{ title: m.features_report_5(), text: m.features_report_5_text() },
				{ title: m.features_report_6(), text: m.features_report_6_text() },
			],
		},
		{
			id: 'gateway',
			title: m.features_gateway(),
			lead: m.features_gateway_lead(),
			features: [
				{ title: m.features_gateway_1(), text: m.features_gateway_1_text() },
				{ title: m.features_gateway_2(), text: m.features_gateway_2_text() },
				{ title: m.features_gateway_3(), text: m.features_gateway_3_text() },
				{ title: m.features_gateway_4(), text: m.features_gateway_4_text() },
			],
		},
		{
			id: 'people',
			title: m.features_people(),
			lead: m.features_people_lead(),
			features: [
				{ title: m.features_people_1(), text: m.features_people_1_text() },
				{ title: m.features_people_2(), text: m.features_people_2_text() },
				{ title: m.features_people_3(), text: m.features_people_3_text() },
				{ title: m.features_people_4(), text: m.features_people_4_text() },
			],
		},
		{
			id: 'run',
			title: m.features_run(),
			lead: m.features_run_lead(),
			features: [
				{ title: m.features_run_1(), text: m.features_run_1_text() },
				{ title: m.features_run_2(), text: m.features_run_2_text() },
				{ title: m.features_run_3(), text: m.features_run_3_text() },
				{ title: m.features_run_4(), text: m.features_run_4_text() },
			],
		},
	];
}
