//! From a route to a target that answers: the order of targets, what is known of each, and the way of a call through
//! them (GTW-10, GTW-11). Invariants: `README.md` beside this file.

mod account;
mod breaker;
mod call;
mod circuit;
mod journey;
mod latency;
mod leg;
mod order;
mod plan;
mod tour;

pub use call::{Attempt, RoutedStream};

pub(crate) use account::{Accounts, input_of};
pub(crate) use breaker::{Health, Permit};
pub(crate) use call::{Call, run};
pub(crate) use circuit::Rules;
pub(crate) use leg::{Leg, LegParts};
pub(crate) use plan::{Plan, Route};
pub(crate) use tour::{Tour, Turn};
