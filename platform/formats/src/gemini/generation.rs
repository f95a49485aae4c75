use serde_json::{Value, json};

use crate::Effort;

/// How a model of Google's wants to be told to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    /// It does not think, and refuses to be told.
    Unthinking,
    /// 2.5: by a budget of tokens.
    Budget,
    /// 3 and later: by a level.
    Level,
}

/// Thinking tokens for an effort, as Google's own OpenAI-compatible endpoint reads it.
const LOW_BUDGET: u64 = 1024;
const MEDIUM_BUDGET: u64 = 8192;
const HIGH_BUDGET: u64 = 24_576;
/// The least that 2.5 Pro can think: it cannot be switched off.
const PRO_LEAST: u64 = 128;
/// The most that 2.5 Pro can think.
const PRO_MOST: u64 = 32_768;

impl Generation {
    /// By the model's name. A name that says no generation, like `gemini-flash-latest`, is a current one.
    pub(super) fn of(model: &str) -> Self {
        let name = bare(model);
        if ["gemini-1", "gemini-2.0", "gemma", "learnlm"].iter().any(|old| name.starts_with(old)) {
            Self::Unthinking
        } else if name.starts_with("gemini-2") {
            Self::Budget
        } else {
            Self::Level
        }
    }

    /// Whether a replayed tool call must carry a signature.
    pub(super) const fn wants_signatures(self) -> bool {
        matches!(self, Self::Level)
    }

    /// Whether tools and a JSON answer can be asked for in one request, and pictures given inside a tool's result.
    pub(super) const fn combines(self) -> bool {
        matches!(self, Self::Level)
    }
}

/// The `thinkingConfig`, if thinking was asked about and the model can be told. A budget goes before an effort, since
/// the two together are refused.
pub(super) fn thinking_config(model: &str, effort: Option<Effort>, budget: Option<u64>) -> Option<Value> {
    let effort = if budget == Some(0) { Some(Effort::None) } else { effort };
    let tokens = budget.filter(|tokens| *tokens > 0);
    match Generation::of(model) {
        Generation::Unthinking => None,
        Generation::Budget => {
            let tokens = within(model, tokens.or_else(|| effort.map(budget_of))?);
            Some(json!({ "thinkingBudget": tokens, "includeThoughts": tokens > 0 }))
        }
        Generation::Level => match tokens {
            Some(tokens) => Some(json!({ "thinkingBudget": tokens, "includeThoughts": true })),
            None => {
                let effort = effort?;
                Some(json!({ "thinkingLevel": level(model, effort), "includeThoughts": effort != Effort::None }))
            }
        },
    }
}

const fn budget_of(effort: Effort) -> u64 {
    match effort {
        Effort::None => 0,
        Effort::Minimal | Effort::Low => LOW_BUDGET,
        Effort::Medium => MEDIUM_BUDGET,
        Effort::High => HIGH_BUDGET,
    }
}

/// The budget inside what the model takes.
fn within(model: &str, tokens: u64) -> u64 {
    if bare(model).contains("pro") { tokens.clamp(PRO_LEAST, PRO_MOST) } else { tokens.min(HIGH_BUDGET) }
}

/// The level for an effort. `low` is the least that every model takes; only the small ones know `minimal`.
fn level(model: &str, effort: Effort) -> &'static str {
    let name = bare(model);
    let small = name.starts_with("gemini-3-flash") || name.contains("flash-lite");
    match effort {
        Effort::None | Effort::Minimal if small => "minimal",
        Effort::None | Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
    }
}

fn bare(model: &str) -> String {
    model.strip_prefix("models/").unwrap_or(model).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_generation_is_told_in_its_own_way() {
        let told = |model: &str, effort: Effort| thinking_config(model, Some(effort), None);
        assert_eq!(told("gemini-2.0-flash", Effort::High), None);
        assert_eq!(told("gemma-3-27b-it", Effort::High), None);
        let budget = |tokens: u64| Some(json!({ "thinkingBudget": tokens, "includeThoughts": tokens > 0 }));
        assert_eq!(told("gemini-2.5-flash", Effort::None), budget(0));
        assert_eq!(told("gemini-2.5-pro", Effort::None), budget(128));
        assert_eq!(told("models/gemini-2.5-flash", Effort::Medium), budget(8192));
        let level = |name: &str, shown: bool| Some(json!({ "thinkingLevel": name, "includeThoughts": shown }));
        assert_eq!(told("gemini-3-flash-preview", Effort::None), level("minimal", false));
        assert_eq!(told("gemini-3.7-flash", Effort::Minimal), level("low", true));
        assert_eq!(told("gemini-flash-latest", Effort::High), level("high", true));
        assert_eq!(thinking_config("gemini-3.1-pro", None, None), None);
    }

    #[test]
    fn a_budget_goes_before_an_effort() {
        let both = thinking_config("gemini-3.1-pro", Some(Effort::High), Some(2000));
        assert_eq!(both, Some(json!({ "thinkingBudget": 2000, "includeThoughts": true })));
        let off = thinking_config("gemini-3.1-pro", Some(Effort::High), Some(0));
        assert_eq!(off, Some(json!({ "thinkingLevel": "low", "includeThoughts": false })));
        let much = thinking_config("gemini-2.5-flash", None, Some(99_999));
        assert_eq!(much, Some(json!({ "thinkingBudget": 24_576, "includeThoughts": true })));
    }
}
