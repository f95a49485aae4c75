//! Google's `models/{model}:generateContent` and `:streamGenerateContent?alt=sse`, the client's side. Wire facts:
//! `README.md` beside this file.
//!
//! The model's name stands in the address, not in the body, so a caller puts it there itself.

mod answer;
mod error;
mod generation;
mod request;
mod schema;

pub use answer::{ReadStream, read_answer};
pub use error::{GoogleError, read_error};
pub use request::write_request;
pub use schema::google_schema;
