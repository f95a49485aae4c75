use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What a model turned out not to take. Providers' models differ in the parameters they accept, and the same name
/// covers different models over time, so this is learnt from their 400 answers instead of kept in a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Concessions {
    /// `temperature` is left out.
    pub(crate) no_temperature: bool,
    /// What else the wire format can do without: its own optional parameter.
    pub(crate) no_extra: bool,
    /// The output limit goes by its other name.
    pub(crate) other_limit_name: bool,
    /// How far down the ways of asking for JSON we had to go; 0 is the best one.
    pub(crate) schema_step: u8,
}

/// The concessions of each model of a provider, learnt once a request that makes them succeeds.
#[derive(Default)]
pub(crate) struct Learnt {
    by_model: Mutex<HashMap<String, Concessions>>,
}

impl Learnt {
    pub(crate) fn get(&self, model: &str) -> Concessions {
        self.by_model.lock().unwrap_or_else(PoisonError::into_inner).get(model).copied().unwrap_or_default()
    }

    pub(crate) fn keep(&self, model: &str, concessions: Concessions) {
        self.by_model.lock().unwrap_or_else(PoisonError::into_inner).insert(model.to_owned(), concessions);
    }
}
