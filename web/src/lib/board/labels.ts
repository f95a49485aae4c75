import type {
	ContributionType,
	Decision,
	Failure,
	Mode,
	Outcome,
	Phase,
	SessionStatus,
	StopReason,
	VoteDistribution,
} from '$lib/api/types';
import { m } from '$lib/paraglide/messages.js';
import type { Tone } from '$lib/ui/Badge.svelte';

/** The course of a session in order (board.md). */
export const PHASES: readonly Phase[] = [
	'intake',
	'decomposition',
	'selection',
	'initial_round',
	'discussion',
	'voting',
	'synthesis',
	'complete',
];

const phases: Record<Phase, () => string> = {
	intake: m.phase_intake,
	decomposition: m.phase_decomposition,
	selection: m.phase_selection,
	initial_round: m.phase_initial_round,
	discussion: m.phase_discussion,
	voting: m.phase_voting,
	synthesis: m.phase_synthesis,
	complete: m.phase_complete,
};

const statuses: Record<SessionStatus, () => string> = {
	active: m.status_active,
	paused: m.status_paused,
	completed: m.status_completed,
	failed: m.status_failed,
	cancelled: m.status_cancelled,
	archived: m.status_archived,
};

const statusTones: Record<SessionStatus, Tone> = {
	active: 'brass',
	paused: 'slate',
	completed: 'baize',
	failed: 'oxblood',
	cancelled: 'plain',
	archived: 'plain',
};

const modes: Record<Mode, () => string> = {
	quick: m.mode_quick,
	standard: m.mode_standard,
	deep: m.mode_deep,
	auto: m.mode_auto,
};

const decisions: Record<Decision, () => string> = {
	yes: m.decision_yes,
	no: m.decision_no,
	conditional: m.decision_conditional,
	abstain: m.decision_abstain,
};

const decisionTones: Record<Decision, Tone> = {
	yes: 'baize',
	no: 'oxblood',
	conditional: 'brass',
	abstain: 'slate',
};

const outcomes: Record<Outcome, () => string> = {
	complete: m.outcome_complete,
	partial: m.outcome_partial,
	no_quorum: m.outcome_no_quorum,
	deadlock: m.outcome_deadlock,
};

const outcomeTones: Record<Outcome, Tone> = {
	complete: 'baize',
	partial: 'brass',
	no_quorum: 'oxblood',
	deadlock: 'brass',
};

/** What a result that is not whole must say of itself, before anything else is read (BRD-29). */
const outcomeTexts: Partial<Record<Outcome, () => string>> = {
	partial: m.outcome_partial_text,
	no_quorum: m.outcome_no_quorum_text,
	deadlock: m.outcome_deadlock_text,
};

/** The fields of a problem's context that this page asks for; others bear the name that the user gave. */
const contexts: Record<string, () => string> = {
	budget: m.new_budget,
	timeline: m.new_timeline,
	constraints: m.new_constraints,
};

const categories: Record<string, () => string> = {
	communications: m.category_communications,
	customer: m.category_customer,
	data: m.category_data,
	design: m.category_design,
	engineering: m.category_engineering,
	ethics: m.category_ethics,
	finance: m.category_finance,
	innovation: m.category_innovation,
	legal: m.category_legal,
	marketing: m.category_marketing,
	operations: m.category_operations,
	people: m.category_people,
	product: m.category_product,
	public_affairs: m.category_public_affairs,
	risk: m.category_risk,
	sales: m.category_sales,
	security: m.category_security,
	strategy: m.category_strategy,
	sustainability: m.category_sustainability,
	wellbeing: m.category_wellbeing,
};

const verdicts: Record<string, () => string> = {
	pass: m.verdict_pass,
	tension: m.verdict_tension,
	violation: m.verdict_violation,
};

const traits: Record<string, () => string> = {
	creative: m.trait_creative,
	analytical: m.trait_analytical,
	optimistic: m.trait_optimistic,
	risk_averse: m.trait_risk_averse,
	detail_oriented: m.trait_detail_oriented,
};

const contributions: Record<ContributionType, () => string> = {
	initial: m.contribution_initial,
	response: m.contribution_response,
	moderator: m.contribution_moderator,
	facilitator: m.contribution_facilitator,
};

const levels: Record<VoteDistribution['level'], () => string> = {
	unanimous: m.level_unanimous,
	strong: m.level_strong,
	moderate: m.level_moderate,
	weak: m.level_weak,
	none: m.level_none,
};

const confidences: Record<VoteDistribution['confidence_level'], () => string> = {
	low: m.confidence_low,
	medium: m.confidence_medium,
	high: m.confidence_high,
};

const reasons: Record<string, () => string> = {
	timeout: m.reason_timeout,
	infra_failure: m.reason_infra_failure,
	invalid_output: m.reason_invalid_output,
	cost_ceiling: m.reason_cost_ceiling,
};

const stopReasons: Record<StopReason, () => string> = {
	no_discussion: m.stop_no_discussion,
	converged: m.stop_converged,
	exhausted: m.stop_exhausted,
	deadlock: m.stop_deadlock,
	round_limit: m.stop_round_limit,
	cost_limit: m.stop_cost_limit,
	time_limit: m.stop_time_limit,
	facilitator: m.stop_facilitator,
	no_voices: m.stop_no_voices,
};

const rules: Record<string, () => string> = {
	majority_of_votes_cast: m.rule_majority,
	three_quarters_of_votes_cast: m.rule_three_quarters,
};

const stages: Record<string, () => string> = {
	initial_round: m.phase_initial_round,
	discussion: m.phase_discussion,
	voting: m.phase_voting,
};

const actions: Record<string, () => string> = {
	continue: m.action_continue,
	challenge: m.action_challenge,
	moderate: m.action_moderate,
	research: m.action_research,
	ask_user: m.action_ask_user,
	vote: m.action_vote,
};

const sections: Record<string, () => string> = {
	executive_summary: m.report_summary,
	summary: m.report_summary,
	recommendation: m.report_recommendation,
	key_insights: m.report_insights,
	dissenting_views: m.report_dissent,
	conditions: m.report_conditions,
	assumptions: m.report_assumptions,
	risks: m.report_risks,
	open_questions: m.report_questions,
	next_steps: m.report_steps,
	claims: m.report_claims,
	pre_mortem: m.report_mortem,
};

/** What a claim rests on (BRD-27). */
const bases: Record<string, () => string> = {
	given: m.claim_given,
	sourced: m.claim_sourced,
	inferred: m.claim_inferred,
	assumed: m.claim_assumed,
};

const baseTones: Record<string, Tone> = {
	given: 'baize',
	sourced: 'slate',
	inferred: 'plain',
	assumed: 'brass',
};

const flags: Record<string, () => string> = {
	unsourced_figure: m.claim_flag_figure,
	not_given: m.claim_flag_given,
	no_source: m.claim_flag_source,
};

const origins: Record<string, () => string> = {
	given: m.figure_given,
	sourced: m.figure_sourced,
	derived: m.figure_derived,
	said: m.figure_said,
	nowhere: m.figure_nowhere,
};

const findings: Record<string, () => string> = {
	found: m.research_found,
	nothing: m.research_nothing,
	unavailable: m.research_unavailable,
};

/** The name of a value in the reader's language. A value newer than this page is shown as it came. */
function named(table: Partial<Record<string, () => string>>, value: string): string {
	return table[value]?.() ?? value.replaceAll('_', ' ');
}

export const phaseName = (phase: Phase) => named(phases, phase);
export const statusName = (status: SessionStatus) => named(statuses, status);
export const statusTone = (status: SessionStatus): Tone => statusTones[status] ?? 'plain';
export const modeName = (mode: Mode) => named(modes, mode);
export const decisionName = (decision: Decision) => named(decisions, decision);
export const decisionTone = (decision: Decision): Tone => decisionTones[decision] ?? 'plain';
export const outcomeName = (outcome: Outcome) => named(outcomes, outcome);
export const outcomeTone = (outcome: Outcome): Tone => outcomeTones[outcome] ?? 'plain';
export const contributionName = (type: ContributionType) => named(contributions, type);
export const levelName = (level: VoteDistribution['level']) => named(levels, level);
export const confidenceName = (level: VoteDistribution['confidence_level']) => named(confidences, level);
export const reasonName = (reason: string) => named(reasons, reason);
export const stopReasonName = (reason: StopReason) => named(stopReasons, reason);
export const ruleName = (rule: string) => named(rules, rule);
export const stageName = (stage: string) => named(stages, stage);
export const actionName = (action: string) => named(actions, action);
export const sectionName = (name: string) => named(sections, name);
export const failureText = (failure: Failure) => reasons[failure.code]?.() ?? failure.message;
export const outcomeText = (outcome: Outcome) => outcomeTexts[outcome]?.() ?? null;
export const contextName = (name: string) => named(contexts, name);
export const categoryName = (category: string) => named(categories, category);
export const traitName = (trait: string) => named(traits, trait);
export const verdictName = (verdict: string) => named(verdicts, verdict);
export const baseName = (base: string) => named(bases, base);
export const baseTone = (base: string): Tone => baseTones[base] ?? 'plain';
export const flagName = (flag: string) => named(flags, flag);
export const originName = (origin: string) => named(origins, origin);
export const findingName = (status: string) => named(findings, status);
