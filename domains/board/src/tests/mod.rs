//! Tests of the engine as a whole.

mod boards;
mod engine;
