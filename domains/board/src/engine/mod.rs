//! The deliberation itself: a pure state machine (BRD-20). Events go in ([`State::apply`]), and what should happen next
//! comes out ([`plan`]): events that follow by rule, and calls on the world. No clock, no I/O, no randomness.

pub mod count;
pub mod event;
pub mod matrix;
#[cfg(test)]
mod matrix_tests;
pub mod measure;
mod plan;
mod state;
pub mod stop;
mod track_plan;
mod whole;

pub use plan::{Call, Plan, Rules, outcome_of as plan_outcome, plan};
pub use state::{Lifecycle, Round, State, Track};
pub(crate) use whole::{LETTERS, scaled, whole};
