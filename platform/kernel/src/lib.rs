//! What every room of the house speaks: ids, money, time, randomness, pages, problems, principals and
//! permissions, and the ports that two or more domains need. No I/O, no HTTP framework, no SQL.

mod api_key;
mod entitlement;
mod id;
mod money;
mod page;
mod permission;
mod principal;
mod problem;
mod time;

pub use api_key::{API_KEY_PREFIX, ApiKeyGrant, Permissions};
pub use entitlement::{Counted, Entitlements, Feature, Limit, Meter, SubscriptionSummary};
pub use id::{Ids, OrgId, SystemIds, UserId};
pub use money::MicroUsd;
pub use page::{Page, PageRequest, Pagination};
pub use permission::{Permission, Role};
pub use principal::{Authenticator, DeviceClaim, Principal};
pub use problem::{Code, FieldError, Problem};
pub use time::{Clock, SystemClock, from_millis, millis};
