//! A forgiving reading of a template's variables: what is missing or of another type counts as absent, because a
//! demo must not fall over a field it does not need.

use serde::Serialize;
use serde_json::Value;

use super::understanding::shorten;

/// The text under `key`, or "".
pub(super) fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
}

/// The list under `key`, or an empty one.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts of the list under `key`.
pub(super) fn texts(value: &Value, key: &str) -> Vec<String> {
    list(value, key)
        .iter()
        .filter_map(Value::as_str)
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .collect()
}

/// The number under `key`.
pub(super) fn number(value: &Value, key: &str) -> Option<f64> {
    value.get(key).and_then(Value::as_f64).filter(|number| number.is_finite())
}

/// The whole number under `key`, never below 0.
pub(super) fn count(value: &Value, key: &str) -> Option<usize> {
    value.get(key).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok())
}

/// What a persona votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Decision {
    Yes,
    No,
    Conditional,
    Abstain,
}

impl Decision {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "yes" => Some(Self::Yes),
            "no" => Some(Self::No),
            "conditional" => Some(Self::Conditional),
            "abstain" => Some(Self::Abstain),
            _ => None,
        }
    }

    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Conditional => "conditional",
            Self::Abstain => "abstain",
        }
    }

    /// Where it stands between refusal (-1) and assent (1).
    pub(super) const fn weight(self) -> f64 {
        match self {
            Self::Yes => 1.0,
            Self::Conditional => 0.3,
            Self::Abstain => 0.0,
            Self::No => -1.0,
        }
    }
}

/// A decision with its confidence, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Stance {
    pub(super) decision: Decision,
    pub(super) confidence: f64,
}

impl Stance {
    /// The stance under `key`, when it has a decision.
    pub(super) fn read(value: &Value, key: &str) -> Option<Self> {
        let stance = value.get(key)?;
        let decision = Decision::parse(&text(stance, "decision"))?;
        Some(Self { decision, confidence: number(stance, "confidence").unwrap_or(0.5).clamp(0.0, 1.0) })
    }
}

/// `problem`.
#[derive(Debug, Clone, Default)]
pub(super) struct Problem {
    pub(super) statement: String,
    pub(super) context: Vec<(String, String)>,
    pub(super) answers: Vec<(String, String)>,
}

impl Problem {
    pub(super) fn read(variables: &Value) -> Self {
        let Some(problem) = variables.get("problem") else { return Self::default() };
        let context = problem.get("context").and_then(Value::as_object).map_or_else(Vec::new, |fields| {
            fields
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), plain(value)?)))
                .filter(|(_, value)| !value.is_empty())
                .collect()
        });
        // An attachment is one more thing that the person says about the circumstances.
        let attachments =
            list(problem, "attachments").iter().map(|it| (text(it, "title"), shorten(&text(it, "text"), 800)));
        let context: Vec<(String, String)> = context.into_iter().chain(attachments).collect();
        let answers = list(problem, "answers")
            .iter()
            .map(|answer| (text(answer, "question"), text(answer, "answer")))
            .filter(|(_, answer)| !answer.is_empty())
            .collect();
        Self { statement: text(problem, "statement"), context, answers }
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `sub_problem`.
#[derive(Debug, Clone, Default)]
pub(super) struct SubProblem {
    pub(super) title: String,
    pub(super) goal: String,
    pub(super) proposal: String,
    pub(super) criteria: Vec<String>,
}

impl SubProblem {
    pub(super) fn read(variables: &Value) -> Self {
        variables.get("sub_problem").map_or_else(Self::default, Self::from_value)
    }

    pub(super) fn from_value(value: &Value) -> Self {
        Self {
            title: shorten(&text(value, "title"), 160),
            goal: shorten(&text(value, "goal"), 300),
            proposal: shorten(&text(value, "proposal"), 300),
            criteria: texts(value, "criteria").iter().take(8).map(|text| shorten(text, 120)).collect(),
        }
    }
}

/// `persona`, with its traits from 0 to 1.
#[derive(Debug, Clone, Default)]
pub(super) struct Persona {
    pub(super) code: String,
    pub(super) archetype: String,
    pub(super) category: String,
    pub(super) summary: String,
    pub(super) lens: Vec<String>,
    pub(super) questions: Vec<String>,
    pub(super) analytical: f64,
    pub(super) optimistic: f64,
    pub(super) risk_averse: f64,
    pub(super) creative: f64,
}

impl Persona {
    pub(super) fn read(variables: &Value) -> Self {
        variables.get("persona").map_or_else(Self::default, Self::from_value)
    }

    pub(super) fn from_value(value: &Value) -> Self {
        let nothing = Value::Null;
        let traits = value.get("traits").unwrap_or(&nothing);
        let degree = |key: &str| number(traits, key).unwrap_or(0.5).clamp(0.0, 1.0);
        Self {
            code: text(value, "code"),
            archetype: shorten(&text(value, "archetype"), 80),
            category: shorten(&text(value, "category").to_lowercase(), 40),
            summary: shorten(&text(value, "summary"), 300),
            lens: texts(value, "lens"),
            questions: texts(value, "questions").iter().map(|text| shorten(text, 160)).collect(),
            analytical: degree("analytical"),
            optimistic: degree("optimistic"),
            risk_averse: degree("risk_averse"),
            creative: degree("creative"),
        }
    }
}

/// A passage that was looked up.
#[derive(Debug, Clone)]
pub(super) struct Passage {
    pub(super) reference: String,
    pub(super) text: String,
}

impl Passage {
    /// Every passage of `research`.
    pub(super) fn read_all(variables: &Value) -> Vec<Self> {
        list(variables, "research")
            .iter()
            .flat_map(|item| list(item, "sources"))
            .map(|source| Self { reference: text(source, "ref"), text: shorten(&text(source, "text"), 140) })
            .filter(|passage| !passage.reference.is_empty() && !passage.text.is_empty())
            .collect()
    }
}

/// One earlier contribution of `prior`.
#[derive(Debug, Clone)]
pub(super) struct Prior {
    pub(super) reference: String,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) content: String,
    pub(super) stance: Option<Stance>,
}

impl Prior {
    pub(super) fn read_all(variables: &Value) -> Vec<Self> {
        list(variables, "prior")
            .iter()
            .map(|value| Self {
                reference: text(value, "ref"),
                code: text(value, "persona_code"),
                name: shorten(&text(value, "persona_name"), 60),
                content: text(value, "content"),
                stance: Decision::parse(&text(value, "decision")).map(|decision| Stance {
                    decision,
                    confidence: number(value, "confidence").unwrap_or(0.5).clamp(0.0, 1.0),
                }),
            })
            .filter(|prior| !prior.reference.is_empty())
            .collect()
    }
}
