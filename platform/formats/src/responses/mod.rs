//! OpenAI's `/v1/responses`, both sides: for our clients, whichever provider answers them, and as a client of OpenAI's.
//! Wire facts: `README.md` beside this file.

mod answer_in;
mod echo;
mod items_in;
mod request_in;
mod request_out;
mod secret;
mod stream_out;

pub(crate) use echo::echo;

pub use answer_in::{ReadStream, read_answer};
pub use request_in::read_request;
pub use request_out::write_request;
pub use stream_out::{WriteStream, write_answer};
