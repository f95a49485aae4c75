//! Board sessions over HTTP (BRD-1 to BRD-6, BRD-11, BRD-22 to BRD-24, BRD-29).

mod absences;
mod attachments;
mod choices;
mod clarifying;
mod control;
mod counting;
mod courses;
mod hostile_text;
mod journal;
mod lists;
mod metrics;
mod printed;
mod sharing;

use serde_json::{Value, json};

pub const LISBON: &str = "Should we move our 12-person company from Berlin to Lisbon within a year? Budget 200k euros";

/// Three seats that differ, so that a test does not depend on who the board chooses.
pub const SEATS: [&str; 3] = ["finance_strategist", "people_partner", "evidence_sceptic"];

/// The shortest session there is: no discussion, three seats.
pub fn quick() -> Value {
    json!({ "problem_statement": LISBON, "mode": "quick", "personas": SEATS })
}

/// The events of one type.
pub fn of_type<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}
