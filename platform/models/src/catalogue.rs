//! What is known of models (GTW-3): a list that is shipped, under what the operator says of single targets. What is in
//! neither is unknown, never zero and never refused.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::Price;
use crate::config::{CatalogueConfig, ConfigError, PriceConfig, ProviderKind};
use crate::prices::{LongInput, Rates};

/// The shipped list.
const SHIPPED: &str = include_str!("../catalogue.toml");

/// What a model answers with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelType {
    /// Text.
    #[default]
    Chat,
    /// Vectors.
    Embedding,
}

/// What may stand in a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Modality {
    /// Text.
    Text,
    /// Pictures.
    Image,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
}

impl Modality {
    /// The name as written in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }
}

/// What is known of a model beside its price. Absent is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// What it answers with.
    pub kind: ModelType,
    /// The longest input and output together, in tokens.
    pub context: Option<u64>,
    /// The longest answer, in tokens.
    pub max_output: Option<u64>,
    /// What may stand in a question; empty when unknown.
    pub input: Vec<Modality>,
    /// Whether it calls tools.
    pub tools: Option<bool>,
    /// Whether an answer can be held to a JSON schema.
    pub json_schema: Option<bool>,
    /// Whether it thinks before it answers.
    pub reasoning: Option<bool>,
    /// When the shipped figures were noted, as year and month.
    pub noted: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    model: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    vendor: String,
    ids: Vec<String>,
    #[serde(default)]
    kind: ModelType,
    context: Option<u64>,
    max_output: Option<u64>,
    #[serde(default)]
    input: Vec<Modality>,
    tools: Option<bool>,
    json_schema: Option<bool>,
    reasoning: Option<bool>,
    price: Option<EntryPrice>,
    /// Where the figures stand. For whoever brings the list up to date.
    source: String,
    noted: String,
}

#[derive(Deserialize)]
struct EntryPrice {
    #[serde(flatten)]
    rates: Rates,
    long_input: Option<EntryLong>,
}

#[derive(Deserialize)]
struct EntryLong {
    above: u64,
    #[serde(flatten)]
    rates: Rates,
}

/// A model of the shipped list.
struct Known {
    facts: ModelFacts,
    price: Option<Price>,
}

/// The shipped models by vendor and name, under the operator's own by target.
pub(crate) struct Catalogue {
    shipped: HashMap<(String, String), Known>,
    prices: HashMap<String, Price>,
    own: HashMap<String, CatalogueConfig>,
}

impl Catalogue {
    pub(crate) fn new(prices: &[PriceConfig], own: &[CatalogueConfig]) -> Result<Self, ConfigError> {
        let mut list = Self { shipped: read_shipped()?, prices: HashMap::new(), own: HashMap::new() };
        for price in prices {
            let key = format!("models.prices.{}", price.model);
            if !price.model.contains('/') {
                return Err(ConfigError::new(key, "a price belongs to a target: provider/model"));
            }
            let rates = Rates {
                input: price.input,
                output: price.output,
                cached_read: price.cached_read,
                cache_write: price.cache_write,
            };
            if !rates.are_sound() {
                return Err(ConfigError::new(key, "prices are dollars for a million tokens, zero or more"));
            }
            list.prices.insert(price.model.clone(), rates.into());
        }
        for entry in own {
            let key = format!("models.catalogue.{}", entry.model);
            if !entry.model.contains('/') {
                return Err(ConfigError::new(key, "an entry belongs to a target: provider/model"));
            }
            if list.own.insert(entry.model.clone(), entry.clone()).is_some() {
                return Err(ConfigError::new(key, "two entries are about this target"));
            }
        }
        Ok(list)
    }

    /// The price of `target`, which is `model` of a provider of `kind` at `base_url`; `None` when unknown.
    pub(crate) fn price(&self, target: &str, kind: ProviderKind, base_url: &str, model: &str) -> Option<Price> {
        if let Some(price) = self.prices.get(target) {
            return Some(*price);
        }
        if kind == ProviderKind::Offline {
            return Some(Price::FREE);
        }
        self.known(kind, base_url, model)?.price
    }

    /// What is known of `target`: what the operator says of it, and of the rest what is shipped.
    pub(crate) fn facts(&self, target: &str, kind: ProviderKind, base_url: &str, model: &str) -> ModelFacts {
        let shipped = self.known(kind, base_url, model).map(|known| known.facts.clone()).unwrap_or_default();
        let Some(own) = self.own.get(target) else { return shipped };
        ModelFacts {
            kind: own.kind.unwrap_or(shipped.kind),
            context: own.context.or(shipped.context),
            max_output: own.max_output.or(shipped.max_output),
            input: if own.input.is_empty() { shipped.input } else { own.input.clone() },
            tools: own.tools.or(shipped.tools),
            json_schema: own.json_schema.or(shipped.json_schema),
            reasoning: own.reasoning.or(shipped.reasoning),
            noted: shipped.noted,
        }
    }

    fn known(&self, kind: ProviderKind, base_url: &str, model: &str) -> Option<&Known> {
        let vendor = kind.facts().vendor.or_else(|| vendor_of(base_url))?;
        self.shipped.get(&(vendor.to_owned(), model.to_owned()))
    }
}

/// The vendor behind a well-known address.
fn vendor_of(base_url: &str) -> Option<&'static str> {
    let host = |url: &str| reqwest::Url::parse(url).ok()?.host_str().map(str::to_owned);
    let here = host(base_url)?;
    let facts = ProviderKind::ALL.iter().map(|kind| kind.facts());
    facts.filter(|facts| facts.base_url.and_then(host).as_ref() == Some(&here)).find_map(|facts| facts.vendor)
}

fn read_shipped() -> Result<HashMap<(String, String), Known>, ConfigError> {
    let wrong = |message: String| ConfigError::new("platform/models/catalogue.toml", message);
    let file: File = toml::from_str(SHIPPED).map_err(|error| wrong(error.to_string()))?;
    let mut models = HashMap::new();
    for entry in file.model {
        let price = entry.price.map(price);
        let facts = ModelFacts {
            kind: entry.kind,
            context: entry.context,
            max_output: entry.max_output,
            input: entry.input,
            tools: entry.tools,
            json_schema: entry.json_schema,
            reasoning: entry.reasoning,
            noted: Some(entry.noted),
        };
        for id in entry.ids {
            let known = Known { facts: facts.clone(), price };
            if models.insert((entry.vendor.clone(), id.clone()), known).is_some() {
                return Err(wrong(format!("{id} stands there twice, also at {}", entry.source)));
            }
        }
    }
    Ok(models)
}

fn price(entry: EntryPrice) -> Price {
    let long_input = entry.long_input.map(|long| {
        let rates = Price::from(long.rates);
        LongInput {
            above: long.above,
            input: rates.input,
            output: rates.output,
            cached_read: rates.cached_read,
            cache_write: rates.cache_write,
        }
    });
    Price { long_input, ..entry.rates.into() }
}

#[cfg(test)]
mod tests {
    use quorate_kernel::MicroUsd;

    use super::*;
    use crate::Usage;

    fn catalogue() -> Catalogue {
        Catalogue::new(&[], &[]).unwrap()
    }

    fn shipped(kind: ProviderKind, model: &str) -> Option<Price> {
        let base = kind.facts().base_url.unwrap_or("https://api.mistral.ai/v1");
        catalogue().price(&format!("p/{model}"), kind, base, model)
    }

    #[test]
    fn the_shipped_list_is_sound() {
        let file: File = toml::from_str(SHIPPED).unwrap();
        for entry in &file.model {
            let vendor = ProviderKind::ALL.iter().any(|kind| kind.facts().vendor == Some(entry.vendor.as_str()));
            assert!(vendor, "{} is nobody's vendor", entry.vendor);
            assert!(entry.source.contains("https://"), "{:?}", entry.ids);
            let dated = entry.noted.len() == 7 && entry.noted.as_bytes()[4] == b'-';
            assert!(dated, "{:?}: {}", entry.ids, entry.noted);
            assert!(entry.price.as_ref().is_none_or(|price| price.rates.are_sound()), "{:?}", entry.ids);
            // A chat model that costs nothing is one whose price nobody knew.
            let free = entry.price.as_ref().is_some_and(|price| price.rates.input <= 0.0);
            assert!(!free, "{:?}", entry.ids);
            assert!(entry.max_output <= entry.context.or(entry.max_output), "{:?}", entry.ids);
        }
    }

    #[test]
    fn facts_are_shipped_overridden_in_part_and_otherwise_unknown() {
        let base = "https://api.anthropic.com";
        let of =
            |list: &Catalogue, model: &str| list.facts(&format!("p/{model}"), ProviderKind::Anthropic, base, model);
        let opus = of(&catalogue(), "claude-opus-5");
        assert_eq!((opus.context, opus.max_output), (Some(1_000_000), Some(128_000)));
        assert_eq!(opus.input, [Modality::Text, Modality::Image]);
        assert_eq!((opus.tools, opus.noted.as_deref()), (Some(true), Some("2026-11")));
        assert_eq!(of(&catalogue(), "claude-unheard-of"), ModelFacts::default());
        let own = CatalogueConfig {
            context: Some(200_000),
            tools: Some(false),
            input: vec![Modality::Text],
            ..CatalogueConfig::new("p/claude-opus-5")
        };
        let opus = of(&Catalogue::new(&[], std::slice::from_ref(&own)).unwrap(), "claude-opus-5");
        assert_eq!((opus.context, opus.max_output, opus.tools), (Some(200_000), Some(128_000), Some(false)));
        assert_eq!((opus.input, opus.reasoning), (vec![Modality::Text], Some(true)));
        assert!(Catalogue::new(&[], &[own.clone(), own]).is_err());
        assert!(Catalogue::new(&[], &[CatalogueConfig::new("nobody")]).is_err());
    }

    #[test]
    fn a_cost_is_exact_to_the_micro_dollar() {
        let price = shipped(ProviderKind::Anthropic, "claude-sonnet-4-5").unwrap();
        let usage = Usage { input: 10_000, output: 1_000, cached_input: 6_000, cache_write: 2_000, reasoning: 400 };
        // 2,000 × $3 + 6,000 × $0.30 + 2,000 × $3.75 + 1,000 × $15, for a million each.
        assert_eq!(price.cost(&usage), MicroUsd(6_000 + 1_800 + 7_500 + 15_000));
        let price = shipped(ProviderKind::OpenAi, "gpt-4o-mini").unwrap();
        // 1 × 0.15 + 1 × 0.60 micro-dollars is three quarters of one: rounded up, once.
        assert_eq!(price.cost(&Usage { input: 1, output: 1, ..Usage::default() }), MicroUsd(1));
        assert_eq!(price.cost(&Usage { input: 100, output: 10, ..Usage::default() }), MicroUsd(21));
        assert_eq!(price.cost(&Usage::default()), MicroUsd::ZERO);
    }

    #[test]
    fn a_long_input_has_its_own_rates() {
        let price = shipped(ProviderKind::Anthropic, "claude-haiku-5-5").unwrap();
        let at = |input| price.cost(&Usage { input, output: 1_000_000, ..Usage::default() });
        assert_eq!(at(100_000), MicroUsd(10_000 + 500_000));
        assert_eq!(at(100_001), MicroUsd(50_001 + 2_500_000));
    }

    #[test]
    fn an_unknown_model_has_no_price_and_the_operator_may_give_one() {
        assert_eq!(shipped(ProviderKind::OpenAi, "gpt-unheard-of"), None);
        assert_eq!(shipped(ProviderKind::OpenRouter, "openai/gpt-4o"), None);
        assert!(shipped(ProviderKind::OpenAiCompatible, "mistral-large-2411").is_some());
        let own = PriceConfig { model: "p/m".into(), input: 1.0, output: 2.0, cached_read: None, cache_write: None };
        let list = Catalogue::new(std::slice::from_ref(&own), &[]).unwrap();
        let price = list.price("p/m", ProviderKind::OpenAiCompatible, "http://127.0.0.1:1/v1", "m").unwrap();
        assert_eq!(price.cached_read, MicroUsd(1_000_000));
        let bad = PriceConfig { input: -1.0, ..own };
        assert!(Catalogue::new(&[bad], &[]).is_err());
    }
}
