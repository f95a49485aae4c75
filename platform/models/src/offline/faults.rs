use std::sync::atomic::{AtomicU32, Ordering};

use serde::Deserialize;

use crate::TemplateCall;

/// A failure to play on purpose, for demos and tests (GTW-2). Calls are counted in memory, so a restart begins
/// anew.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only calls whose template name contains this; any call when absent.
    #[serde(default)]
    pub template: Option<String>,
    /// Only calls for the persona with this code; any call when absent.
    #[serde(default)]
    pub persona: Option<String>,
    /// The first matching call to fail, counted from 1; the first when absent.
    #[serde(default, alias = "attempt")]
    pub nth: Option<u32>,
    /// How many matching calls fail from there on; all of them when absent.
    #[serde(default)]
    pub times: Option<u32>,
    /// What goes wrong.
    pub kind: FaultKind,
    /// Seconds to wait that a rate limit names; none when absent.
    #[serde(default)]
    pub retry_after_s: Option<u64>,
}

/// What a [`Fault`] does to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Refused with "too many requests".
    RateLimit,
    /// Never answers.
    Timeout,
    /// Ends in the middle, without a last event.
    Cut,
    /// Ends properly, but its JSON is broken.
    Malformed,
    /// Refused as unreachable.
    Unavailable,
}

/// The faults of one provider with the matching calls each has seen.
#[derive(Debug)]
pub(super) struct FaultScript {
    faults: Vec<(Fault, AtomicU32)>,
}

impl FaultScript {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self { faults: faults.into_iter().map(|fault| (fault, AtomicU32::new(0))).collect() }
    }

    /// Counts this call for every fault it matches and returns the first that strikes.
    pub(super) fn strike(&self, call: Option<&TemplateCall>) -> Option<&Fault> {
        let mut struck = None;
        for (fault, seen) in &self.faults {
            if !matches(fault, call) {
                continue;
            }
            let nth = seen.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            let first = fault.nth.unwrap_or(1).max(1);
            let within = fault.times.is_none_or(|times| nth < first.saturating_add(times));
            if struck.is_none() && nth >= first && within {
                struck = Some(fault);
            }
        }
        struck
    }
}

fn matches(fault: &Fault, call: Option<&TemplateCall>) -> bool {
    let template = fault.template.as_deref().is_none_or(|part| call.is_some_and(|call| call.name.contains(part)));
    let persona = fault.persona.as_deref().is_none_or(|code| {
        call.and_then(|call| call.variables.pointer("/persona/code")).and_then(|code| code.as_str()) == Some(code)
    });
    template && persona
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Fault, FaultKind, FaultScript};
    use crate::TemplateCall;

    fn call(name: &str, persona: &str) -> TemplateCall {
        TemplateCall { name: name.to_owned(), variables: json!({"persona": {"code": persona}}) }
    }

    #[test]
    fn a_fault_strikes_its_template_and_persona_from_the_nth_call_so_many_times() {
        let fault: Fault = toml::from_str(
            "template = 'vote'\npersona = 'cfo'\nnth = 2\ntimes = 1\nkind = 'rate_limit'\nretry_after_s = 3",
        )
        .expect("a fault");
        assert_eq!(fault.retry_after_s, Some(3));
        let script = FaultScript::new(vec![fault]);
        assert!(script.strike(Some(&call("board.contribute.v1", "cfo"))).is_none());
        assert!(script.strike(Some(&call("board.vote.v1", "cto"))).is_none());
        assert!(script.strike(None).is_none());
        let struck: Vec<bool> = (0..4).map(|_| script.strike(Some(&call("board.vote.v1", "cfo"))).is_some()).collect();
        assert_eq!(struck, [false, true, false, false]);
    }

    #[test]
    fn a_fault_without_limits_always_strikes() {
        let fault =
            Fault { template: None, persona: None, nth: None, times: None, kind: FaultKind::Cut, retry_after_s: None };
        let script = FaultScript::new(vec![fault]);
        assert!((0..3).all(|_| script.strike(None).is_some()));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<Fault>("kind = 'cut'\nwhen = 3").is_err());
    }
}
