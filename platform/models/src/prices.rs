use std::collections::HashMap;

use quorate_kernel::MicroUsd;
use serde::{Deserialize, Serialize};

use crate::Usage;
use crate::config::{ConfigError, PriceConfig, ProviderKind};

/// The shipped list, noted from the providers' public price pages.
const SHIPPED: &str = include_str!("../prices.toml");

/// What a model costs, each in micro-dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Input tokens that no cache had.
    pub input: MicroUsd,
    /// Output tokens, reasoning included.
    pub output: MicroUsd,
    /// Input tokens read from the provider's cache.
    pub cached_read: MicroUsd,
    /// Input tokens written to the provider's cache.
    pub cache_write: MicroUsd,
    /// The rates of the whole call when its input is long, where the provider has such a tariff.
    pub long_input: Option<LongInput>,
}

/// The rates of a call whose input is longer than `above` tokens, each in micro-dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongInput {
    /// The longest input, cached tokens included, that is still billed at the common rates.
    pub above: u64,
    /// See [`Price::input`].
    pub input: MicroUsd,
    /// See [`Price::output`].
    pub output: MicroUsd,
    /// See [`Price::cached_read`].
    pub cached_read: MicroUsd,
    /// See [`Price::cache_write`].
    pub cache_write: MicroUsd,
}

impl Price {
    /// The price of what costs nothing, such as the offline model.
    pub const FREE: Self = Self {
        input: MicroUsd::ZERO,
        output: MicroUsd::ZERO,
        cached_read: MicroUsd::ZERO,
        cache_write: MicroUsd::ZERO,
        long_input: None,
    };

    /// What a call costs, exact to the micro-dollar: the sum is rounded up once, so that many small calls are
    /// never free and never counted dearer than they were.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> MicroUsd {
        let (input, output, read, write) = match self.long_input {
            Some(long) if usage.input > long.above => (long.input, long.output, long.cached_read, long.cache_write),
            _ => (self.input, self.output, self.cached_read, self.cache_write),
        };
        let fresh = usage.input.saturating_sub(usage.cached_input).saturating_sub(usage.cache_write);
        let parts = [(fresh, input), (usage.cached_input, read), (usage.cache_write, write), (usage.output, output)];
        let sum: i128 = parts.iter().map(|(tokens, rate)| i128::from(*tokens) * i128::from(rate.0)).sum();
        MicroUsd(i64::try_from((sum + 999_999) / 1_000_000).unwrap_or(i64::MAX))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShippedFile {
    price: Vec<ShippedPrice>,
}

#[derive(Deserialize)]
struct ShippedPrice {
    vendor: String,
    models: Vec<String>,
    #[serde(flatten)]
    rates: Rates,
    long_input: Option<ShippedLong>,
}

#[derive(Deserialize)]
struct Rates {
    input: f64,
    output: f64,
    cached_read: Option<f64>,
    cache_write: Option<f64>,
}

#[derive(Deserialize)]
struct ShippedLong {
    above: u64,
    #[serde(flatten)]
    rates: Rates,
}

impl From<Rates> for Price {
    fn from(rates: Rates) -> Self {
        let dollars = MicroUsd::from_dollars;
        Self {
            input: dollars(rates.input),
            output: dollars(rates.output),
            cached_read: dollars(rates.cached_read.unwrap_or(rates.input)),
            cache_write: dollars(rates.cache_write.unwrap_or(rates.input)),
            long_input: None,
        }
    }
}

/// The shipped prices by vendor and model, under the operator's own by target.
pub(crate) struct PriceList {
    shipped: HashMap<(String, String), Price>,
    own: HashMap<String, Price>,
}

impl PriceList {
    pub(crate) fn new(own: &[PriceConfig]) -> Result<Self, ConfigError> {
        let mut list = Self { shipped: read_shipped()?, own: HashMap::new() };
        for price in own {
            let key = format!("models.prices.{}", price.model);
            if !price.model.contains('/') {
                return Err(ConfigError::new(key, "a price belongs to a target: provider/model"));
            }
            let rates = [Some(price.input), Some(price.output), price.cached_read, price.cache_write];
            // Below nine million dollars a million tokens: what fits, with room to multiply.
            if !rates.iter().flatten().all(|rate| rate.is_finite() && (0.0..9e6).contains(rate)) {
                return Err(ConfigError::new(key, "prices are dollars for a million tokens, zero or more"));
            }
            let rates = Rates {
                input: price.input,
                output: price.output,
                cached_read: price.cached_read,
                cache_write: price.cache_write,
            };
            list.own.insert(price.model.clone(), rates.into());
        }
        Ok(list)
    }

    /// The price of `target`, which is `model` of a provider of `kind` at `base_url`; `None` when unknown.
    pub(crate) fn find(&self, target: &str, kind: ProviderKind, base_url: &str, model: &str) -> Option<Price> {
        if let Some(price) = self.own.get(target) {
            return Some(*price);
        }
        let vendor = match kind {
            ProviderKind::Offline => return Some(Price::FREE),
            ProviderKind::OpenAi => "openai",
            ProviderKind::Anthropic => "anthropic",
            ProviderKind::XAi => "xai",
            ProviderKind::OpenAiCompatible => vendor_of(base_url)?,
            // OpenRouter chooses among resellers with prices of their own.
            ProviderKind::OpenRouter | ProviderKind::Gemini => return None,
        };
        self.shipped.get(&(vendor.to_owned(), model.to_owned())).copied()
    }
}

/// The vendor behind a well-known address.
fn vendor_of(base_url: &str) -> Option<&'static str> {
    let url = reqwest::Url::parse(base_url).ok()?;
    match url.host_str()? {
        "api.openai.com" => Some("openai"),
        "api.x.ai" => Some("xai"),
        "api.mistral.ai" => Some("mistral"),
        _ => None,
    }
}

fn read_shipped() -> Result<HashMap<(String, String), Price>, ConfigError> {
    let file: ShippedFile =
        toml::from_str(SHIPPED).map_err(|error| ConfigError::new("platform/models/prices.toml", error.to_string()))?;
    let mut prices = HashMap::new();
    for entry in file.price {
        let mut price = Price::from(entry.rates);
        if let Some(long) = entry.long_input {
            let rates = Price::from(long.rates);
            price.long_input = Some(LongInput {
                above: long.above,
                input: rates.input,
                output: rates.output,
                cached_read: rates.cached_read,
                cache_write: rates.cache_write,
            });
        }
        for model in entry.models {
            prices.insert((entry.vendor.clone(), model), price);
        }
    }
    Ok(prices)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(kind: ProviderKind, model: &str) -> Option<Price> {
        let base = kind.default_base_url().unwrap_or("https://api.mistral.ai/v1");
        PriceList::new(&[]).unwrap().find(&format!("p/{model}"), kind, base, model)
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
        let list = PriceList::new(std::slice::from_ref(&own)).unwrap();
        let price = list.find("p/m", ProviderKind::OpenAiCompatible, "http://127.0.0.1:1/v1", "m").unwrap();
        assert_eq!(price.cached_read, MicroUsd(1_000_000));
        let bad = PriceConfig { input: -1.0, ..own };
        assert!(PriceList::new(&[bad]).is_err());
    }
}
