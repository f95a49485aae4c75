use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use quorate_kernel::{Feature, Limit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The plan of an organization that has subscribed to nothing.
pub(crate) const FREE: &str = "free";
/// The plan of the organizations that the server itself belongs to.
pub(crate) const ENTERPRISE: &str = "enterprise";

/// A plan as it is from one day on (PLT-10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its stable name: `free`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// From when it is so.
    pub effective_from: DateTime<Utc>,
    /// US cents a month; none is a price to be agreed.
    pub price_cents: Option<u64>,
    /// Whether the price is for each seat.
    pub per_seat: bool,
    /// Its place in the price list.
    pub position: i64,
    /// What kind of support comes with it.
    pub support: String,
    /// What it holds. A feature that is not here is not in the plan.
    pub allowances: BTreeMap<Feature, Allowance>,
}

/// How much of one feature a plan holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// How much.
    pub quantity: Quantity,
    /// Over which time it adds up, where it is counted.
    pub per: Per,
    /// Whether each seat adds as much.
    pub per_seat: bool,
    /// The price of each beyond the limit. Nobody can be charged for it yet, so what is beyond the limit is refused.
    pub overage_cents: Option<u64>,
}

/// A number, or what stands in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Not in the plan.
    None,
    /// So many.
    UpTo(u64),
    /// As many as one likes.
    Unlimited,
    /// What was agreed with the customer, and nothing until then.
    ByContract,
}

/// Over which time a counted feature adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// A month of the subscription.
    Month,
    /// The whole life of the organization.
    Life,
}

impl Per {
    const fn usual(feature: Feature) -> Self {
        // What is stored today is still there next month.
        if matches!(feature, Feature::StorageBytes) { Self::Life } else { Self::Month }
    }
}

impl Plan {
    /// What the plan holds of the feature.
    #[must_use]
    pub fn allowance(&self, feature: Feature) -> Allowance {
        let absent =
            Allowance { quantity: Quantity::None, per: Per::usual(feature), per_seat: false, overage_cents: None };
        self.allowances.get(&feature).copied().unwrap_or(absent)
    }

    /// What so many seats cost a month, in US cents; what is to be agreed costs more than anything.
    pub(crate) fn cost(&self, seats: u64) -> u64 {
        let seats = if self.per_seat { seats } else { 1 };
        self.price_cents.map_or(u64::MAX, |price| price.saturating_mul(seats))
    }
}

impl Allowance {
    /// The limit for so many seats, with what was agreed where the plan leaves it open.
    #[must_use]
    pub fn limit(self, seats: u64, agreed: Option<Limit>) -> Limit {
        let limit = match self.quantity {
            Quantity::None => Limit::None,
            Quantity::UpTo(most) => Limit::UpTo(most),
            Quantity::Unlimited => Limit::Unlimited,
            // An agreement is about the whole organization.
            Quantity::ByContract => return agreed.unwrap_or(Limit::None),
        };
        if self.per_seat { limit.times(seats) } else { limit }
    }
}

/// One feature's line in a row's JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    limit: Amount,
    per: Option<Per>,
    #[serde(default)]
    per_seat: bool,
    overage_cents: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Amount {
    Number(u64),
    Word(Word),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    None,
    Unlimited,
    Contract,
}

/// The allowances of a row, and the names in it that are no feature of this version. Those are not an error: a newer
/// version may have written them, and what is not understood is not in the plan.
///
/// # Errors
/// When it is not JSON, or a line cannot be understood.
pub(crate) fn read_limits(text: &str) -> Result<(BTreeMap<Feature, Allowance>, Vec<String>), serde_json::Error> {
    let lines: BTreeMap<String, serde_json::Value> = serde_json::from_str(text)?;
    let (mut allowances, mut unknown) = (BTreeMap::new(), Vec::new());
    for (name, line) in lines {
        let Some(feature) = Feature::parse(&name) else {
            unknown.push(name);
            continue;
        };
        let line: Line = serde_json::from_value(line)?;
        let quantity = match line.limit {
            Amount::Number(most) => Quantity::UpTo(most),
            Amount::Word(Word::None) => Quantity::None,
            Amount::Word(Word::Unlimited) => Quantity::Unlimited,
            Amount::Word(Word::Contract) => Quantity::ByContract,
        };
        let per = line.per.unwrap_or(Per::usual(feature));
        let allowance = Allowance { quantity, per, per_seat: line.per_seat, overage_cents: line.overage_cents };
        allowances.insert(feature, allowance);
    }
    Ok((allowances, unknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_over_which_time_and_for_whom() {
        let text = r#"{"tasks":{"limit":3},"solve_sessions":{"limit":10,"per":"life"},"images":{"limit":"contract"},
            "devices":{"limit":5,"per_seat":true},"storage_bytes":{"limit":"unlimited"},"time_travel":{"limit":1}}"#;
        let (allowances, unknown) = read_limits(text).unwrap();
        assert_eq!(unknown, ["time_travel"]);
        let of = |feature| allowances[&feature];
        assert_eq!((of(Feature::Tasks).quantity, of(Feature::Tasks).per), (Quantity::UpTo(3), Per::Month));
        assert_eq!(of(Feature::SolveSessions).per, Per::Life);
        assert_eq!(of(Feature::StorageBytes).per, Per::Life);
        assert_eq!(of(Feature::Devices).limit(4, None), Limit::UpTo(20));
        assert_eq!(of(Feature::Tasks).limit(4, None), Limit::UpTo(3));
        assert_eq!(of(Feature::Images).limit(4, None), Limit::None);
        assert_eq!(of(Feature::Images).limit(4, Some(Limit::UpTo(7))), Limit::UpTo(7));
        assert_eq!(of(Feature::Tasks).limit(1, Some(Limit::Unlimited)), Limit::UpTo(3), "no contract was asked for");
    }

    #[test]
    fn what_cannot_be_understood_is_refused_whole() {
        for text in [
            "",
            "[]",
            "{",
            r#"{"tasks":5}"#,
            r#"{"tasks":{}}"#,
            r#"{"tasks":{"limit":-1}}"#,
            r#"{"tasks":{"limit":1.5}}"#,
            r#"{"tasks":{"limit":null}}"#,
            r#"{"tasks":{"limit":"plenty"}}"#,
            r#"{"tasks":{"limit":5,"per":"week"}}"#,
            r#"{"tasks":{"limit":5,"perseat":true}}"#,
            r#"{"tasks":{"limit":5,"overage_cents":-1}}"#,
        ] {
            assert!(read_limits(text).is_err(), "{text}");
        }
    }
}
