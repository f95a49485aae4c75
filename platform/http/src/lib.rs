//! What every HTTP answer has in common: routes that declare who may use them, problem answers, extractors, the
//! middleware of the whole server, live streams, and the parts of `openapi.json` that belong to no domain.

mod access;
mod cookies;
mod extract;
mod failure;
pub mod openapi;
mod origin;
mod routes;

pub use access::Access;
pub use cookies::{ACCESS_COOKIE, REFRESH_COOKIE, SessionCookies, cookie_value};
pub use extract::{Input, PathId, QueryInput, Who};
pub use failure::{Failure, ProblemBody, ProblemDetail};
pub use origin::Site;
pub use routes::{RouteEntry, Routes};
