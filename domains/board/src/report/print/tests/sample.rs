//! A long report as a board would hand it over: five parts, twelve seats, in three languages.

use std::collections::BTreeMap;

use chrono::DateTime;
use quorate_kernel::MicroUsd;

use super::super::{Language, Printed};
use super::texts::{CHINESE, ENGLISH, SPANISH, Texts};
use crate::answer::{NextAction, PreMortem};
use crate::engine::count::{ConfidenceLevel, Level, Tally};
use crate::engine::event::{
    Absence, BaselineDecision, By, ConstraintCheck, CriterionScore, Matched, OptionCard, Source, StopReason, Verdict,
};
use crate::engine::matrix::matrix;
use crate::report::{
    BaselineComparison, BaselineReport, Basis, Claim, ClaimFlag, Dissent, Method, OptionReport, Report, RoundReport,
    SideChange, SubReport, UnsourcedFigure,
};
use crate::session::{Brief, Decision, FailureCode, Mode, Outcome, Phase};

pub(super) const fn texts(language: Language) -> &'static Texts {
    match language {
        Language::English => &ENGLISH,
        Language::Spanish => &SPANISH,
        Language::Chinese => &CHINESE,
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn tally(counts: [usize; 5], level: Level, carried: bool) -> Tally {
    let [yes, conditional, no, abstain, absent] = counts;
    let sides = yes + conditional + no;
    #[expect(clippy::cast_precision_loss, reason = "twelve seats")]
    let support = (sides > 0).then(|| (yes + conditional) as f64 / sides as f64);
    Tally {
        yes,
        no,
        conditional,
        abstain,
        absent,
        support,
        weighted_support: support,
        level,
        mean_confidence: Some(0.74),
        attendance: 0.92,
        confidence_level: ConfidenceLevel::Medium,
        quorum: yes + conditional + no + abstain >= absent,
        carried,
        rule: "majority_of_votes_cast".to_owned(),
    }
}

const COUNTS: [([usize; 5], Level, bool); 5] = [
    ([5, 4, 2, 0, 1], Level::Strong, true),
    ([2, 3, 6, 1, 0], Level::None, false),
    ([11, 1, 0, 0, 0], Level::Unanimous, true),
    ([4, 2, 4, 1, 1], Level::Moderate, true),
    ([3, 4, 3, 2, 0], Level::Moderate, true),
];

fn rounds(index: usize) -> Vec<RoundReport> {
    #[expect(clippy::cast_precision_loss, reason = "five parts")]
    let shift = index as f64 * 0.04;
    (0..4_u8)
        .map(|round| {
            let at = f64::from(round);
            RoundReport {
                round,
                novelty: (index != 3 || round != 2).then_some(0.92 - at * 0.2 - shift),
                drift: Some(0.1 + at * 0.05 + shift),
                agreement: Some(0.46 + at * 0.11 - shift),
            }
        })
        .collect()
}

fn options(texts: &Texts) -> (Vec<OptionReport>, Vec<String>) {
    let criteria = owned(&texts.criteria);
    let scores = [[8.0, 4.5, 6.0, 7.5], [5.0, 8.5, 7.0, 6.0], [3.5, 9.0, 8.5, 4.0]];
    let cards = texts.options.iter().zip(scores).zip(["A", "B", "C"]).map(|((text, scores), id)| OptionReport {
        card: OptionCard {
            id: id.to_owned(),
            label: text[0].to_owned(),
            description: text[1].to_owned(),
            supporters: Vec::new(),
            trade_offs: vec![text[2].to_owned()],
            risk: text[3].to_owned(),
            scores: criteria
                .iter()
                .zip(scores)
                .map(|(criterion, score)| CriterionScore { criterion: criterion.clone(), score: Some(score) })
                .collect(),
            constraints: vec![ConstraintCheck {
                constraint: texts.context[0].1.to_owned(),
                verdict: if id == "C" { Verdict::Violation } else { Verdict::Pass },
                note: text[2].to_owned(),
            }],
        },
        vote_distribution: Some(tally(COUNTS[0].0, Level::Strong, id == "A")),
    });
    (cards.collect(), criteria)
}

fn parts(texts: &Texts) -> Vec<SubReport> {
    let part = |(index, text): (usize, &[&str; 5])| {
        let (counts, level, carried) = COUNTS[index];
        let (options, criteria) = if index == 0 { options(texts) } else { (Vec::new(), Vec::new()) };
        let cards: Vec<OptionCard> = options.iter().map(|one| one.card.clone()).collect();
        SubReport {
            index,
            title: text[0].to_owned(),
            goal: text[1].to_owned(),
            proposal: text[2].to_owned(),
            summary: Some(format!("{}\n\n{}", text[3], texts.paragraphs[index % texts.paragraphs.len()])),
            recommendation: Some(text[4].to_owned()),
            vote_distribution: Some(tally(counts, level, carried)),
            outcome: Some(Outcome::Complete),
            rounds: rounds(index),
            stop_reason: Some([StopReason::Converged, StopReason::Exhausted, StopReason::RoundLimit][index % 3]),
            one_way: index == 0,
            matrix: (!cards.is_empty()).then(|| matrix(index, &cards, &criteria, None)),
            leading_option: (index == 0).then(|| "A".to_owned()),
            options,
        }
    };
    texts.parts.iter().enumerate().map(part).collect()
}

/// The report and what was asked.
pub(super) fn report(language: Language, outcome: Outcome) -> (Report, Brief) {
    let texts = texts(language);
    let absence = |name: &str, reason: FailureCode, sub_problem: usize| Absence {
        sub_problem,
        round: 1,
        persona_code: name.to_lowercase(),
        persona_name: name.to_owned(),
        stage: if sub_problem == 0 { Phase::Voting } else { Phase::Discussion },
        reason,
    };
    let dissent = |(place, (name, view)): (usize, &(&str, &str))| Dissent {
        persona_code: format!("persona_{place}"),
        persona_name: (*name).to_owned(),
        sub_problem: place % 5,
        decision: if place % 2 == 0 { Decision::No } else { Decision::Abstain },
        confidence: 0.81 - 0.07 * f64::from(u8::try_from(place).unwrap_or_default()),
        view: (*view).to_owned(),
    };
    let bases = [Basis::Given, Basis::Sourced, Basis::Inferred, Basis::Assumed];
    let claim = |(place, text): (usize, &&str)| Claim {
        claim: (*text).to_owned(),
        basis: bases[place % 4],
        stated_basis: bases[place % 4],
        source: (place % 4 == 1).then(|| "S1".to_owned()),
        figures: Vec::new(),
        flags: if place % 4 == 3 { vec![ClaimFlag::UnsourcedFigure] } else { Vec::new() },
    };
    let steps = texts.steps.iter().map(|[what, who, when]| NextAction {
        what: (*what).to_owned(),
        who: (*who).to_owned(),
        by_when: (*when).to_owned(),
    });
    let failures = texts.failures.iter().map(|[failure, sign, prevention]| PreMortem {
        failure: (*failure).to_owned(),
        early_sign: (*sign).to_owned(),
        prevention: (*prevention).to_owned(),
    });
    let compared = |sub_problem: usize, decision, changed| BaselineComparison {
        single: BaselineDecision { sub_problem, decision, confidence: 0.88, reason: String::new() },
        board_carried: Some(sub_problem != 1),
        changed,
    };
    let change = |name: &str, reason: Option<&str>| SideChange {
        persona_code: name.to_lowercase(),
        persona_name: name.to_owned(),
        sub_problem: 0,
        from: Decision::No,
        to: Decision::Conditional,
        reason: reason.map(str::to_owned),
        unsupported: reason.is_none(),
    };
    let report = Report {
        heading: crate::report::heading(outcome).to_owned(),
        outcome,
        executive_summary: texts.paragraphs[..2].join("\n\n"),
        recommendation: texts.recommendation.to_owned(),
        key_insights: owned(&texts.insights),
        vote_distribution: tally([25, 14, 15, 4, 2], Level::Moderate, true),
        dissenting_views: texts.dissent.iter().enumerate().map(dissent).collect(),
        conditions: owned(&texts.conditions),
        assumptions: owned(&texts.assumptions),
        risks: owned(&texts.risks),
        pre_mortem: failures.collect(),
        open_questions: owned(&texts.questions),
        next_steps: steps.collect(),
        claims: texts.claims.iter().enumerate().map(claim).collect(),
        unsourced_figures: vec![
            UnsourcedFigure { figure: "37 %".to_owned(), section: "risks".to_owned(), said_in: Some("C14".to_owned()) },
            UnsourcedFigure { figure: "€ 4.2 M".to_owned(), section: "key_insights".to_owned(), said_in: None },
        ],
        baseline: Some(BaselineReport {
            model: "openrouter/anthropic/claude-opus".to_owned(),
            answer: Some(texts.paragraphs[2].to_owned()),
            comparisons: vec![
                compared(0, Decision::Yes, Some(false)),
                compared(1, Decision::Yes, Some(true)),
                compared(3, Decision::Abstain, None),
            ],
            failure: None,
        }),
        sources: vec![Source {
            reference: "S1".to_owned(),
            source_id: "https://www.example.com/reports/2026/european-office-relocation-benchmarks?edition=third&chapter=portugal".to_owned(),
            title: texts.source.0.to_owned(),
            locator: "p. 14".to_owned(),
            text: texts.source.1.to_owned(),
            suspicious: false,
            matched: Matched::default(),
        }],
        flips: vec![change(texts.dissent[1].0, Some(texts.conditions[0])), change(texts.dissent[2].0, None)],
        absences: vec![
            absence(texts.dissent[0].0, FailureCode::Timeout, 0),
            absence(texts.dissent[3].0, FailureCode::InfraFailure, 3),
        ],
        sub_problems: parts(texts),
        method: Method {
            mode: Mode::Deep,
            models: owned(&["anthropic/claude-opus", "openai/gpt-5", "mistral/large", "deepseek/v4"]),
            offline_demo: false,
            rounds: 15,
            personas: 60,
            calls: 412,
            prompt_version: "7".to_owned(),
            decomposed_by: Some(By::Model),
            unwritten: None,
        },
        full_report: String::new(),
    };
    (report, brief(texts))
}

fn brief(texts: &Texts) -> Brief {
    let context = texts.context.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Brief {
        problem_statement: texts.problem.to_owned(),
        problem_context: context.collect::<BTreeMap<_, _>>(),
        mode: Mode::Deep,
        max_rounds: 4,
        personas: None,
        clarify: false,
        one_way_door: true,
        baseline: true,
        choices: Vec::new(),
        lean: None,
        route: None,
        cost_ceiling: MicroUsd::from_dollars(5.0),
    }
}

pub(super) fn printed<'a>((report, brief): &'a (Report, Brief), title: Option<&'a str>) -> Printed<'a> {
    Printed { report, brief, title, completed_at: DateTime::from_timestamp(1_795_219_200, 0), language: None }
}
