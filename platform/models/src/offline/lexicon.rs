//! The offline model's phrases and considerations, as data: one set of files a language under `lexicon/`.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::understanding::Language;

/// Everything one language has to say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lexicon {
    decisions: HashMap<String, String>,
    categories: HashMap<String, Vec<String>>,
    owners: HashMap<String, String>,
    owners_personal: HashMap<String, String>,
    phrases: HashMap<String, Vec<String>>,
    #[serde(default)]
    keywords: HashMap<String, Vec<String>>,
    #[serde(rename = "consideration")]
    pub(super) considerations: Vec<Consideration>,
    #[serde(rename = "plan")]
    plans: Vec<Plan>,
}

/// One thing a board may weigh, in every role it can play in a text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consideration {
    pub(super) topic: String,
    pub(super) aspect: String,
    /// A noun phrase, without slots.
    pub(super) name: String,
    pub(super) pro: Vec<String>,
    pub(super) con: Vec<String>,
    pub(super) ask: Vec<String>,
    pub(super) need: Vec<String>,
    pub(super) risk: Vec<String>,
    pub(super) step: Vec<String>,
}

/// How problems of a topic are taken apart.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    topic: String,
    #[serde(rename = "part")]
    pub(super) parts: Vec<PlanPart>,
}

/// One sub-problem of a [`Plan`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanPart {
    pub(super) title: String,
    pub(super) goal: String,
    pub(super) scope: String,
    pub(super) proposal: String,
    pub(super) aspects: Vec<String>,
    /// Positions of the parts that come before it.
    #[serde(default)]
    pub(super) after: Vec<usize>,
}

static ENGLISH: LazyLock<Lexicon> = LazyLock::new(|| {
    read(&[
        include_str!("lexicon/en.toml"),
        include_str!("lexicon/en_topics.toml"),
        include_str!("lexicon/en_subs.toml"),
    ])
});
static SPANISH: LazyLock<Lexicon> = LazyLock::new(|| read(&[include_str!("lexicon/es.toml")]));
static CHINESE: LazyLock<Lexicon> = LazyLock::new(|| read(&[include_str!("lexicon/zh.toml")]));

fn read(files: &[&str]) -> Lexicon {
    // The files are part of the binary and a test reads each, so a failure here is a broken build.
    toml::from_str(&files.join("\n")).unwrap_or_else(|error| {
        tracing::error!(%error, "the offline model's lexicon is broken");
        Lexicon::default()
    })
}

impl Lexicon {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Spanish => &SPANISH,
            Language::Chinese => &CHINESE,
        }
    }

    /// The ways to say `key`; none when the language has no words for it.
    pub(super) fn phrases(&self, key: &str) -> &[String] {
        self.phrases.get(key).map_or(&[], Vec::as_slice)
    }

    /// A decision as a word.
    pub(super) fn decision<'a>(&'a self, key: &'a str) -> &'a str {
        self.decisions.get(key).map_or(key, String::as_str)
    }

    /// The aspects a category looks at first.
    pub(super) fn aspects(&self, category: &str) -> &[String] {
        self.categories.get(category).map_or(&[], Vec::as_slice)
    }

    /// Who does a step of this aspect.
    pub(super) fn owner(&self, aspect: &str, personal: bool) -> String {
        let owners = if personal { &self.owners_personal } else { &self.owners };
        owners.get(aspect).cloned().unwrap_or_default()
    }

    /// How problems of this topic are taken apart: its own plan, or the one for any.
    pub(super) fn plan(&self, topic: &str) -> Option<&Plan> {
        let find = |topic: &str| self.plans.iter().find(|plan| plan.topic == topic);
        find(topic).or_else(|| find("any"))
    }

    /// The topic whose keywords occur most in `lowered`, those in `act` counting double; "any" when none does.
    pub(super) fn topic(&self, lowered: &str, act: &str) -> &str {
        let act = act.to_lowercase();
        let mut best = ("any", 0);
        let mut topics: Vec<(&String, &Vec<String>)> = self.keywords.iter().collect();
        topics.sort();
        for (topic, keywords) in topics {
            let hits: usize = keywords
                .iter()
                .map(|keyword| usize::from(at_word(lowered, keyword)) + 2 * usize::from(at_word(&act, keyword)))
                .sum();
            if hits > best.1 {
                best = (topic, hits);
            }
        }
        best.0
    }
}

/// Whether `keyword` occurs in `text` where a word begins (anywhere, for Chinese).
fn at_word(text: &str, keyword: &str) -> bool {
    text.match_indices(keyword).any(|(at, _)| {
        !keyword.is_ascii()
            || text
                .get(..at)
                .and_then(|before| before.chars().next_back())
                .is_none_or(|before| !before.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::{Language, Lexicon};

    const ASPECTS: &[&str] =
        &["money", "people", "time", "risk", "customer", "legal", "technology", "growth", "wellbeing", "evidence"];

    #[test]
    fn every_language_has_words_for_every_key_and_aspect() {
        let english = Lexicon::of(Language::English);
        for language in [Language::English, Language::Spanish, Language::Chinese] {
            let lexicon = Lexicon::of(language);
            for aspect in ASPECTS {
                assert!(!lexicon.phrases(&format!("open.{aspect}")).is_empty(), "{language:?} {aspect}");
                assert!(!lexicon.owner(aspect, false).is_empty() && !lexicon.owner(aspect, true).is_empty());
                assert!(lexicon.considerations.iter().any(|it| it.topic == "any" && it.aspect == *aspect));
            }
            for key in english.phrases.keys() {
                let optional = ["ask.inline", "clarify.options"].contains(&key.as_str());
                assert!(optional || !lexicon.phrases(key).is_empty(), "{language:?} has no {key}");
            }
            for it in &lexicon.considerations {
                assert!(ASPECTS.contains(&it.aspect.as_str()), "{}", it.name);
                // Each role needs at least one phrase that is always fillable.
                for role in [&it.need, &it.risk, &it.step] {
                    assert!(role.iter().any(|phrase| !phrase.contains('{')), "{}", it.name);
                }
            }
            assert!(lexicon.plan("any").is_some_and(|plan| plan.parts.len() == 3));
            assert!(lexicon.aspects("finance").contains(&"money".to_owned()));
        }
    }

    #[test]
    fn topics_come_from_keywords() {
        let english = Lexicon::of(Language::English);
        let topic = |text: &str| english.topic(&text.to_lowercase(), text).to_owned();
        assert_eq!(topic("move our company from Berlin to Lisbon"), "relocation");
        assert_eq!(topic("raise the price of our subscription"), "pricing");
        assert_eq!(topic("asdf"), "any");
    }
}
