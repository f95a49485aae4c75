use serde::{Deserialize, Serialize};

/// When a target that fails is left alone for a while (GTW-11). Times in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerConfig {
    /// How far back failures count. 30 unless told.
    pub window: f64,
    /// Calls in the window below which nothing is concluded. 5 unless told.
    pub least_calls: u32,
    /// The share of failed calls in the window from which on the target is left alone. 0.5 unless told.
    pub error_ratio: f64,
    /// How long it is left alone at first; doubled each time the probe that follows fails, too. 5 unless told.
    pub open: f64,
    /// The longest it is left alone. 120 unless told.
    pub max_open: f64,
    /// The longest a target is left alone because it answered 429 with a `Retry-After`. 60 unless told.
    pub max_cool_down: f64,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self { window: 30.0, least_calls: 5, error_ratio: 0.5, open: 5.0, max_open: 120.0, max_cool_down: 60.0 }
    }
}
