//! Arguments of the commands about the gateway: `keys`, `usage` and `routes`.

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand, ValueEnum};
use quorate_gateway::{Environment, ReportBy};
use quorate_kernel::MicroUsd;
use uuid::Uuid;

/// Beyond this it is a slip: a billion dollars.
const MOST_DOLLARS: f64 = 1e9;

#[derive(Debug, Args)]
pub(crate) struct KeysOptions {
    #[command(subcommand)]
    pub(crate) action: KeysAction,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysAction {
    /// List API keys, the newest first, revoked ones too
    List {
        /// Only this organization's
        #[arg(long, value_name = "ID")]
        org: Option<Uuid>,
        /// At most this many
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u32,
    },
    /// Show an API key, without its secret
    Show {
        /// Its id
        key: Uuid,
    },
    /// Make an API key for somebody; the token is printed this once
    Create(Box<NewKeyOptions>),
    /// End an API key at once, on every node within a second
    Revoke {
        /// Its id
        key: Uuid,
    },
    /// Give an API key a new token, which is printed this once; without a key, as rotate-signing
    Rotate {
        /// Its id
        key: Option<Uuid>,
        /// For how many hours the token before lives on, 0 to 24
        #[arg(long, value_name = "HOURS", default_value_t = 0, requires = "key", value_parser = clap::value_parser!(u8).range(0..=24))]
        grace_hours: u8,
    },
    /// Sign access tokens with a new key from now on; tokens signed before stay valid until they expire
    RotateSigning,
}

#[derive(Debug, Args)]
pub(crate) struct NewKeyOptions {
    /// Whose it is, by address or id; it never may do more than they may
    #[arg(long, value_name = "USER")]
    pub(crate) user: String,
    /// In which of their organizations [default: the only one]
    #[arg(long, value_name = "ID")]
    pub(crate) org: Option<Uuid>,
    /// What it is called
    #[arg(long)]
    pub(crate) name: String,
    /// What it may do: permissions between commas
    #[arg(long, value_name = "PERMISSIONS", value_delimiter = ',', default_values = ["model:use", "model:read"])]
    pub(crate) scopes: Vec<String>,
    /// The models and routes it may ask, with * for anything [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) models: Vec<String>,
    /// The addresses and networks it may be used from [default: anywhere]
    #[arg(long, value_name = "NETWORKS", value_delimiter = ',')]
    pub(crate) allowed_ips: Vec<String>,
    /// When it ends: 2027-01-31, or with a time 2027-01-31T12:00:00Z [default: never]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) expires: Option<DateTime<Utc>>,
    /// The requests it may make a minute
    #[arg(long, value_name = "COUNT")]
    pub(crate) requests_per_minute: Option<u32>,
    /// The requests it may have under way at once
    #[arg(long, value_name = "COUNT")]
    pub(crate) max_concurrency: Option<u32>,
    /// What it may spend in a calendar month (UTC), in US dollars
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub(crate) monthly_budget: Option<MicroUsd>,
    /// The word in the token that tells real work from trying out: live or test
    #[arg(long, value_name = "NAME", default_value = "live", value_parser = environment)]
    pub(crate) environment: Environment,
}

#[derive(Debug, Args)]
pub(crate) struct UsageOptions {
    /// Only this organization's; that of all together unless told
    #[arg(long, value_name = "ID")]
    pub(crate) org: Option<Uuid>,
    /// By what to tell it apart
    #[arg(long, value_enum, default_value = "model")]
    pub(crate) by: UsageBy,
    /// From when, 2026-01-31 or with a time; thirty days before the end unless told
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) from: Option<DateTime<Utc>>,
    /// Until just before when; now unless told
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) to: Option<DateTime<Utc>>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// By what usage is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum UsageBy {
    /// By model
    Model,
    /// By API key
    Key,
    /// By the path that was called
    Endpoint,
    /// By purpose: api, board …
    Purpose,
    /// By day (UTC)
    Day,
    /// By month (UTC)
    Month,
}

impl From<UsageBy> for ReportBy {
    fn from(by: UsageBy) -> Self {
        match by {
            UsageBy::Model => Self::Model,
            UsageBy::Key => Self::Key,
            UsageBy::Endpoint => Self::Endpoint,
            UsageBy::Purpose => Self::Purpose,
            UsageBy::Day => Self::Day,
            UsageBy::Month => Self::Month,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RoutesOptions {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let day = text.parse::<NaiveDate>().ok().and_then(|day| day.and_hms_opt(0, 0, 0));
    day.map(|begin| begin.and_utc()).ok_or_else(|| "write it as 2026-01-31, or as 2026-01-31T12:00:00Z".to_owned())
}

pub(super) fn dollars(text: &str) -> Result<MicroUsd, String> {
    match text.trim_start_matches('$').parse::<f64>() {
        Ok(amount) if (0.0..=MOST_DOLLARS).contains(&amount) => Ok(MicroUsd::from_dollars(amount)),
        _ => Err("give an amount of US dollars, zero or more".to_owned()),
    }
}

fn environment(text: &str) -> Result<Environment, String> {
    Environment::parse(text).ok_or_else(|| "is neither live nor test".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_amounts_are_read_as_people_write_them() {
        assert_eq!(time("2026-01-31").unwrap().to_rfc3339(), "2026-01-31T00:00:00+00:00");
        assert_eq!(time("2026-01-31T12:00:00+02:00").unwrap().to_rfc3339(), "2026-01-31T10:00:00+00:00");
        for wrong in ["", "yesterday", "2026-02-31", "31.1.2026"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
        assert_eq!((dollars("12.5"), dollars("$0.000001")), (Ok(MicroUsd(12_500_000)), Ok(MicroUsd(1))));
        for wrong in ["", "-1", "NaN", "inf", "1e12", "ten"] {
            assert!(dollars(wrong).is_err(), "{wrong}");
        }
        assert!(environment("live").is_ok() && environment("prod").is_err());
    }
}
