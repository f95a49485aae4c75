export type Phase =
	| 'intake'
	| 'decomposition'
	| 'selection'
	| 'initial_round'
	| 'discussion'
	| 'voting'
	| 'synthesis'
	| 'complete';
export type SessionStatus = 'active' | 'paused' | 'completed' | 'failed' | 'cancelled' | 'archived';
export type Mode = 'quick' | 'standard' | 'deep';
export type Decision = 'yes' | 'no' | 'conditional' | 'abstain';
export type Outcome = 'complete' | 'partial' | 'no_quorum' | 'deadlock';
export type ContributionType = 'initial' | 'response' | 'moderator' | 'facilitator';

export interface User {
	id: string;
	email: string;
	name?: string | null;
	locale?: string | null;
	operator: boolean;
	created_at: string;
}

export interface Question {
	id: string;
	question: string;
	why?: string | null;
}

export interface Failure {
	code: string;
	message: string;
}

export interface BoardSession {
	id: string;
	status: SessionStatus;
	current_phase: Phase;
	problem_statement: string;
	problem_context?: Record<string, unknown> | null;
	mode: Mode;
	max_rounds?: number | null;
	personas?: string[] | null;
	clarify: boolean;
	offline_demo: boolean;
	model?: string | null;
	outcome?: Outcome | null;
	failure?: Failure | null;
	pending_questions?: Question[];
	answer_deadline?: string | null;
	last_sequence: number;
	created_at: string;
	started_at?: string | null;
	completed_at?: string | null;
}

export interface Stance {
	decision: Decision;
	confidence: number;
}

export interface Contribution {
	id: string;
	sub_problem?: number | null;
	round: number;
	seq: number;
	type: ContributionType;
	persona_code?: string | null;
	persona_name: string;
	content: string;
	builds_on?: string[];
	stance?: Stance | null;
	model?: string | null;
	offline: boolean;
	created_at: string;
}

export interface Vote {
	id: string;
	sub_problem?: number | null;
	persona_code: string;
	persona_name: string;
	decision: Decision;
	confidence: number;
	reasoning: string;
	conditions?: string[];
	would_change_mind?: string | null;
	stance_before?: Stance | null;
	flipped: boolean;
	flip_reason?: string | null;
	flip_unsupported: boolean;
}

export interface VoteDistribution {
	yes: number;
	no: number;
	conditional: number;
	abstain: number;
	absent: number;
	support?: number | null;
	weighted_support?: number | null;
	level: 'unanimous' | 'strong' | 'moderate' | 'weak' | 'none';
	confidence_level: 'low' | 'medium' | 'high';
	mean_confidence?: number | null;
	attendance?: number | null;
	rule?: string | null;
}

export interface DissentingView {
	persona_code: string;
	persona_name: string;
	sub_problem?: number | null;
	decision: Decision;
	confidence: number;
	view: string;
}

export interface NextStep {
	what: string;
	who?: string | null;
	by_when?: string | null;
}

export interface Absence {
	persona_code: string;
	persona_name: string;
	sub_problem?: number | null;
	stage: 'initial_round' | 'discussion' | 'voting';
	reason: string;
}

export interface RoundMeasure {
	round: number;
	novelty?: number | null;
	drift?: number | null;
	agreement?: number | null;
}

export interface SubProblemReport {
	index: number;
	title: string;
	goal?: string | null;
	summary: string;
	recommendation: string;
	vote_distribution?: VoteDistribution | null;
	rounds?: RoundMeasure[];
	stop_reason?: string | null;
}

export interface ReportMethod {
	mode?: Mode;
	models?: string[];
	offline_demo?: boolean;
	rounds?: number;
	personas?: unknown;
	calls?: number;
	[name: string]: unknown;
}

export interface Report {
	heading: string;
	outcome: Outcome;
	executive_summary: string;
	recommendation: string;
	key_insights: string[];
	vote_distribution: VoteDistribution;
	dissenting_views: DissentingView[];
	conditions: string[];
	assumptions: string[];
	risks: string[];
	open_questions: string[];
	next_steps: NextStep[];
	absences: Absence[];
	sub_problems: SubProblemReport[];
	method: ReportMethod;
	full_report: string;
}

export interface Persona {
	code: string;
	name: string;
	archetype: string;
	category: string;
	emoji: string;
	color: string;
	summary: string;
	traits: Record<string, number>;
}

export interface NewSession {
	problem_statement: string;
	problem_context?: Record<string, string>;
	mode?: Mode;
	personas?: string[];
	clarify?: boolean;
	lean?: string;
}
