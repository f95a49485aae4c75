use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use quorate_audit::Origin;

use crate::{ClientAddress, RequestId};

/// Where a request came from, as the audit log keeps it.
pub struct AuditOrigin(pub Origin);

impl<S: Send + Sync> FromRequestParts<S> for AuditOrigin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Ok(Self(Origin {
            ip: parts.extensions.get::<ClientAddress>().map(|ClientAddress(address)| address.to_string()),
            user_agent: agent.map(ToOwned::to_owned),
            request_id: parts.extensions.get::<RequestId>().map(|id| id.as_str().to_owned()),
        }))
    }
}
