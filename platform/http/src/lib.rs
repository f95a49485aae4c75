//! What every HTTP answer has in common: routes that declare who may use them, problem answers, extractors, the
//! middleware of the whole server, live streams, and the parts of `openapi.json` that belong to no domain.

mod access;
mod audit_origin;
mod client_address;
mod cookies;
mod extract;
mod failure;
pub mod health;
mod idempotency;
mod lent;
mod limits;
mod middleware;
pub mod openapi;
mod origin;
mod place;
mod routes;
#[cfg(test)]
mod sample;
mod server;
mod stall;
mod stream;

pub use access::{Access, DEVICE_FINGERPRINT, DEVICE_NAME, ReadDevice};
pub use audit_origin::AuditOrigin;
pub use client_address::{ClientAddress, TrustedProxies};
pub use cookies::{ACCESS_COOKIE, REFRESH_COOKIE, SessionCookies, cookie_value};
pub use extract::{Input, PathId, QueryInput, Who};
pub use failure::{Failure, ProblemBody, ProblemDetail};
pub use idempotency::{Idempotency, MIGRATIONS};
pub use limits::{Counting, RequestLimits};
pub use middleware::{ErrorShape, Middleware, RequestId};
pub use origin::Site;
pub use routes::{RouteEntry, Routes};
pub use server::serve;
pub use stream::{LiveEvent, LiveEvents, StreamQuery, StreamRequest, StreamTimes};
