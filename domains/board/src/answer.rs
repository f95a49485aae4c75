//! What models are asked to answer, as types: the schema that is sent is made from them, and an answer that does not
//! fit is repaired once or not used (BRD-5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::persona;
use crate::session::{Decision, Stance, named};

/// The decision, as a model names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// For it.
    Yes,
    /// Against it.
    No,
    /// For it on conditions.
    Conditional,
    /// Neither.
    Abstain,
}

impl From<Choice> for Decision {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Yes => Self::Yes,
            Choice::No => Self::No,
            Choice::Conditional => Self::Conditional,
            Choice::Abstain => Self::Abstain,
        }
    }
}

/// An answer that can be checked beyond its shape.
pub trait Answer: for<'de> Deserialize<'de> + JsonSchema {
    /// The name of its schema, and of its template without the version.
    const NAME: &'static str;

    /// What is wrong with it, for the model that is asked to mend it.
    fn faults(&self) -> Vec<String>;
}

fn empty(faults: &mut Vec<String>, field: &str, text: &str) {
    if text.trim().is_empty() {
        faults.push(format!("`{field}` is empty."));
    }
}

fn unit(faults: &mut Vec<String>, field: &str, value: f64) {
    if !(0.0..=1.0).contains(&value) {
        faults.push(format!("`{field}` must be a number from 0 to 1; it is {value}."));
    }
}

/// Questions that would help the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clarify {
    /// At most three; none if nothing is unclear.
    pub questions: Vec<ClarifyQuestion>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClarifyQuestion {
    /// The question.
    pub question: String,
    /// Why the answer matters.
    pub why: String,
}

impl Answer for Clarify {
    const NAME: &'static str = "clarify";

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.questions.len() > 3 {
            faults.push("Ask at most three questions.".to_owned());
        }
        for (index, question) in self.questions.iter().enumerate() {
            empty(&mut faults, &format!("questions[{index}].question"), &question.question);
        }
        faults
    }
}

/// The split of a problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decompose {
    /// One to five parts.
    pub sub_problems: Vec<Part>,
}

/// One part of a problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// A short title.
    pub title: String,
    /// What a good answer achieves.
    pub goal: String,
    /// What belongs to it and what does not.
    pub scope: String,
    /// The sentence to vote on.
    pub proposal: String,
    /// What to judge by.
    pub criteria: Vec<String>,
    /// Earlier parts that must be settled first, by index.
    pub depends_on: Vec<usize>,
    /// How complex it is, 0 to 1.
    pub complexity: f64,
    /// Whether it asks for a yes or no, or for a choice among several courses.
    pub form: PartForm,
    /// Whether there is a way back.
    pub door: Door,
}

/// What a part asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartForm {
    /// A yes or no to its proposal.
    Proposal,
    /// A choice among several courses.
    Choice,
}

/// Whether a step can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// It can, at a bearable price.
    TwoWay,
    /// It cannot.
    OneWay,
}

impl Answer for Decompose {
    const NAME: &'static str = "decompose";

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !(1..=5).contains(&self.sub_problems.len()) {
            faults.push("Give one to five sub-problems.".to_owned());
        }
        for (index, part) in self.sub_problems.iter().enumerate() {
            let at = |field: &str| format!("sub_problems[{index}].{field}");
            empty(&mut faults, &at("title"), &part.title);
            empty(&mut faults, &at("proposal"), &part.proposal);
            unit(&mut faults, &at("complexity"), part.complexity);
            // Only earlier ones, so that no circle can form.
            if part.depends_on.iter().any(|other| *other >= index) {
                faults.push(format!("`{}` may only name earlier sub-problems, counted from 0.", at("depends_on")));
            }
        }
        faults
    }
}

/// The choice of seats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Select {
    /// The chosen personas.
    pub seats: Vec<Chosen>,
}

/// One chosen persona.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// The persona's code.
    pub code: String,
    /// Why it is needed.
    pub reason: String,
}

impl Answer for Select {
    const NAME: &'static str = "select";

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (index, seat) in self.seats.iter().enumerate() {
            if self.seats[..index].iter().any(|earlier| earlier.code == seat.code) {
                faults.push(format!("`{}` is chosen twice.", seat.code));
            }
        }
        faults
    }
}

/// What a persona says in a round. The content comes first, since it is shown while it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contribute {
    /// Markdown.
    pub content: String,
    /// Refs of contributions it builds on: `C3`.
    pub builds_on: Vec<String>,
    /// What it would vote now.
    pub stance: StatedStance,
}

/// A stance with its reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatedStance {
    /// The decision.
    pub decision: Choice,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// One sentence.
    pub reason: String,
}

impl StatedStance {
    /// Without the reason.
    #[must_use]
    pub fn stance(&self) -> Stance {
        Stance { decision: self.decision.into(), confidence: self.confidence }
    }
}

impl Answer for Contribute {
    const NAME: &'static str = "contribute";

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        empty(&mut faults, "content", &self.content);
        unit(&mut faults, "stance.confidence", self.stance.confidence);
        faults
    }
}

named! {
    /// What a facilitator can choose.
    Action {
        /// Go on: who speaks, to what question.
        Continue = "continue",
        /// A seat attacks the weakest argument.
        Challenge = "challenge",
        /// A voice from outside is brought in.
        Moderate = "moderate",
        /// A fact is looked up.
        Research = "research",
        /// A question to the user.
        AskUser = "ask_user",
        /// Enough has been said.
        Vote = "vote",
    }
}

/// What comes next in a discussion, as a model names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextStep {
    /// Go on.
    Continue,
    /// A seat attacks the weakest argument.
    Challenge,
    /// A voice from outside.
    Moderate,
    /// A fact is looked up.
    Research,
    /// A question to the user.
    AskUser,
    /// Enough.
    Vote,
}

impl From<NextStep> for Action {
    fn from(step: NextStep) -> Self {
        match step {
            NextStep::Continue => Self::Continue,
            NextStep::Challenge => Self::Challenge,
            NextStep::Moderate => Self::Moderate,
            NextStep::Research => Self::Research,
            NextStep::AskUser => Self::AskUser,
            NextStep::Vote => Self::Vote,
        }
    }
}

/// The facilitator's choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Facilitate {
    /// What comes next.
    pub action: NextStep,
    /// Why.
    pub reason: String,
    /// Who speaks, by code.
    pub speakers: Vec<String>,
    /// The question to the speakers or to the user.
    pub question: Option<String>,
    /// The contribution to challenge, by ref.
    pub target: Option<String>,
    /// The voice to bring in.
    pub voice: Option<Voice>,
}

/// A voice from outside the board, as a model names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// Makes the best case against where the board is heading.
    Contrarian,
    /// Tests the claim that carries the rest.
    Sceptic,
    /// Makes the best case for acting that evidence supports.
    Optimist,
}

impl From<Voice> for persona::Part {
    fn from(voice: Voice) -> Self {
        match voice {
            Voice::Contrarian => Self::Contrarian,
            Voice::Sceptic => Self::Sceptic,
            Voice::Optimist => Self::Optimist,
        }
    }
}

impl Answer for Facilitate {
    const NAME: &'static str = "facilitate";

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let asks = matches!(self.action, NextStep::AskUser | NextStep::Research);
        if asks && self.question.as_deref().unwrap_or_default().trim().is_empty() {
            faults.push("`ask_user` and `research` need a `question`.".to_owned());
        }
        faults
    }
}

/// The answer of one model alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SoleAnswer {
    /// Markdown.
    pub answer: String,
    /// On each proposal.
    pub decisions: Vec<SoleDecision>,
}

/// What one model alone would do with a proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SoleDecision {
    /// The proposal's number, from 0.
    pub sub_problem: usize,
    /// The decision.
    pub decision: Choice,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// One sentence.
    pub reason: String,
}

impl Answer for SoleAnswer {
    const NAME: &'static str = "baseline";

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        empty(&mut faults, "answer", &self.answer);
        for (index, one) in self.decisions.iter().enumerate() {
            unit(&mut faults, &format!("decisions[{index}].confidence"), one.confidence);
            if self.decisions[..index].iter().any(|other| other.sub_problem == one.sub_problem) {
                faults.push(format!("Proposal {} is decided twice.", one.sub_problem));
            }
        }
        faults
    }
}

/// A ballot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ballot {
    /// The decision.
    pub decision: Choice,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// Why.
    pub reasoning: String,
    /// On what terms.
    pub conditions: Vec<String>,
    /// What would change this mind.
    pub would_change_mind: String,
    /// Why the decision differs from the first stance.
    pub flip_reason: Option<String>,
}

impl Answer for Ballot {
    const NAME: &'static str = "vote";

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        unit(&mut faults, "confidence", self.confidence);
        empty(&mut faults, "reasoning", &self.reasoning);
        if self.decision == Choice::Conditional && self.conditions.iter().all(|text| text.trim().is_empty()) {
            faults.push("A conditional vote needs `conditions`.".to_owned());
        }
        faults
    }
}

/// The options of a choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormOptions {
    /// Two to five; none where there is nothing to choose among.
    pub options: Vec<DraftOption>,
}

/// One option, as a model writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftOption {
    /// A few words.
    pub label: String,
    /// What would be done.
    pub description: String,
    /// Who argued for it, by code.
    pub supporters: Vec<String>,
    /// What is given up for it.
    pub trade_offs: Vec<String>,
    /// What may go wrong.
    pub risk: String,
    /// How well it does by each criterion.
    pub scores: Vec<DraftScore>,
    /// How it stands to each limit.
    pub constraints: Vec<DraftCheck>,
}

/// A score as a model gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftScore {
    /// The criterion.
    pub criterion: String,
    /// 0 to 10; null where the record does not tell.
    pub score: Option<f64>,
}

/// A check against a limit as a model makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftCheck {
    /// The limit.
    pub constraint: String,
    /// How the option stands to it.
    pub verdict: DraftVerdict,
    /// Why.
    pub note: String,
}

/// How an option stands to a limit, as a model names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DraftVerdict {
    /// Within it.
    Pass,
    /// It may break it.
    Tension,
    /// It breaks it.
    Violation,
}

impl Answer for FormOptions {
    const NAME: &'static str = "form_options";

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.options.len() == 1 || self.options.len() > 5 {
            faults.push("Give two to five options, or none.".to_owned());
        }
        for (index, option) in self.options.iter().enumerate() {
            empty(&mut faults, &format!("options[{index}].label"), &option.label);
            empty(&mut faults, &format!("options[{index}].description"), &option.description);
            let label = option.label.trim().to_lowercase();
            if self.options[..index].iter().any(|other| other.label.trim().to_lowercase() == label) {
                faults.push(format!("`{}` is given twice.", option.label));
            }
            for score in &option.scores {
                if score.score.is_some_and(|score| !(0.0..=10.0).contains(&score)) {
                    faults.push(format!("`options[{index}].scores`: a score is a number from 0 to 10, or null."));
                }
            }
        }
        faults
    }
}

/// A ballot where there are options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionBallot {
    /// The decision on the proposal.
    pub decision: Choice,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// Why.
    pub reasoning: String,
    /// On each option.
    pub options: Vec<OptionChoice>,
    /// On what terms.
    pub conditions: Vec<String>,
    /// What would change this mind.
    pub would_change_mind: String,
    /// Why the decision differs from the first stance.
    pub flip_reason: Option<String>,
}

/// What a ballot says of one option.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionChoice {
    /// The option's id.
    pub option: String,
    /// The decision on it.
    pub decision: Choice,
    /// How sure, 0 to 1.
    pub confidence: f64,
}

impl OptionBallot {
    /// The ballot on the proposal, and the ones on the options.
    #[must_use]
    pub fn split(self) -> (Ballot, Vec<OptionChoice>) {
        let ballot = Ballot {
            decision: self.decision,
            confidence: self.confidence,
            reasoning: self.reasoning,
            conditions: self.conditions,
            would_change_mind: self.would_change_mind,
            flip_reason: self.flip_reason,
        };
        (ballot, self.options)
    }
}

impl Answer for OptionBallot {
    const NAME: &'static str = "vote_options";

    fn faults(&self) -> Vec<String> {
        let mut faults = self.clone().split().0.faults();
        for (index, choice) in self.options.iter().enumerate() {
            unit(&mut faults, &format!("options[{index}].confidence"), choice.confidence);
            if self.options[..index].iter().any(|other| other.option == choice.option) {
                faults.push(format!("`{}` is voted on twice.", choice.option));
            }
        }
        faults
    }
}

/// What a report says that a model must write. Counts and dissent are added by the program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportDraft {
    /// The summary.
    pub summary: String,
    /// What to do.
    pub recommendation: String,
    /// What the discussion brought to light.
    pub key_insights: Vec<String>,
    /// On what terms.
    pub conditions: Vec<String>,
    /// What was taken for granted.
    pub assumptions: Vec<String>,
    /// What may go wrong.
    pub risks: Vec<String>,
    /// What is still open.
    pub open_questions: Vec<String>,
    /// What to do next.
    pub next_steps: Vec<NextAction>,
    /// How it failed, seen from a year on; in the report on the whole only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pre_mortem: Vec<PreMortem>,
    /// What the report claims as fact, as its writer marked it; in the report on the whole only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<DraftClaim>,
}

/// One next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NextAction {
    /// What is to be done.
    pub what: String,
    /// By whom.
    pub who: String,
    /// By when.
    pub by_when: String,
}

/// The report on a sub-problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SynthesizeSub {
    /// The summary.
    pub summary: String,
    /// What to do.
    pub recommendation: String,
    /// What the discussion brought to light.
    pub key_insights: Vec<String>,
    /// On what terms.
    pub conditions: Vec<String>,
    /// What was taken for granted.
    pub assumptions: Vec<String>,
    /// What may go wrong.
    pub risks: Vec<String>,
    /// What is still open.
    pub open_questions: Vec<String>,
    /// What to do next.
    pub next_steps: Vec<NextAction>,
}

impl Answer for SynthesizeSub {
    const NAME: &'static str = "synthesize_sub";

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        empty(&mut faults, "summary", &self.summary);
        faults
    }
}

impl From<SynthesizeSub> for ReportDraft {
    fn from(answer: SynthesizeSub) -> Self {
        Self {
            summary: answer.summary,
            recommendation: answer.recommendation,
            key_insights: answer.key_insights,
            conditions: answer.conditions,
            assumptions: answer.assumptions,
            risks: answer.risks,
            open_questions: answer.open_questions,
            next_steps: answer.next_steps,
            pre_mortem: Vec::new(),
            claims: Vec::new(),
        }
    }
}

/// The report on the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Synthesize {
    /// The summary.
    pub executive_summary: String,
    /// What to do.
    pub recommendation: String,
    /// What the discussion brought to light.
    pub key_insights: Vec<String>,
    /// On what terms.
    pub conditions: Vec<String>,
    /// What was taken for granted.
    pub assumptions: Vec<String>,
    /// What may go wrong.
    pub risks: Vec<String>,
    /// What is still open.
    pub open_questions: Vec<String>,
    /// What to do next.
    pub next_steps: Vec<NextAction>,
    /// How it failed, seen from a year on.
    pub pre_mortem: Vec<PreMortem>,
    /// What the report claims as fact, and what each claim rests on.
    pub claims: Vec<DraftClaim>,
}

/// One way in which the recommendation will have failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreMortem {
    /// What happened, told as if it had.
    pub failure: String,
    /// By what it could have been seen early.
    pub early_sign: String,
    /// What would have prevented it.
    pub prevention: String,
}

/// A factual claim with the mark that its writer gives it. The mark is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftClaim {
    /// The claim.
    pub claim: String,
    /// What it rests on.
    pub basis: ClaimBasis,
    /// The passage it is from, by ref.
    pub source: Option<String>,
}

/// What a claim rests on, as a model names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimBasis {
    /// The person gave it.
    Given,
    /// A passage says it.
    Sourced,
    /// It follows.
    Inferred,
    /// It was taken to be so.
    Assumed,
}

impl Answer for Synthesize {
    const NAME: &'static str = "synthesize";

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        empty(&mut faults, "executive_summary", &self.executive_summary);
        for (index, claim) in self.claims.iter().enumerate() {
            empty(&mut faults, &format!("claims[{index}].claim"), &claim.claim);
        }
        faults
    }
}

impl From<Synthesize> for ReportDraft {
    fn from(answer: Synthesize) -> Self {
        Self {
            summary: answer.executive_summary,
            recommendation: answer.recommendation,
            key_insights: answer.key_insights,
            conditions: answer.conditions,
            assumptions: answer.assumptions,
            risks: answer.risks,
            open_questions: answer.open_questions,
            next_steps: answer.next_steps,
            pre_mortem: answer.pre_mortem,
            claims: answer.claims,
        }
    }
}
