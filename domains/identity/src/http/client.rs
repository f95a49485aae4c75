use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use quorate_http::{ClientAddress, Failure, REFRESH_COOKIE, ReadDevice as _, RequestId, Site, cookie_value};
use quorate_kernel::DeviceClaim;

use crate::login_session::{Device, Origin};

/// The header by which a browser client asks for cookies instead of tokens in JSON.
const CLIENT_HEADER: &str = "x-quorate-client";
const WEB: &str = "web";

/// The program that sends a request.
pub(super) struct Client {
    headers: HeaderMap,
    origin: Origin,
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let headers = parts.headers.clone();
        let address = parts.extensions.get::<ClientAddress>().copied();
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let mut origin = Origin::new(address.map(|ClientAddress(ip)| ip), agent);
        origin.device = DeviceClaim::read(&headers, address)?
            .map(|claim| Device { fingerprint: claim.fingerprint, name: claim.name });
        origin.request_id = parts.extensions.get::<RequestId>().map(|id| id.as_str().to_owned());
        Ok(Self { headers, origin })
    }
}

impl Client {
    /// Whether it is a browser client, which gets its tokens as cookies.
    pub(super) fn is_web(&self) -> bool {
        self.text(CLIENT_HEADER).is_some_and(|name| name.eq_ignore_ascii_case(WEB))
    }

    /// Refuses a browser's request that another origin's page sends: nobody may log somebody else's browser in.
    pub(super) fn own_page_if_web(&self, site: &Site) -> Result<(), Failure> {
        if self.is_web() {
            site.same_origin(&self.headers)?;
        }
        Ok(())
    }

    /// The refresh token of the cookie. It comes along with whatever page sends the request, so the page must be ours.
    pub(super) fn refresh_cookie(&self, site: &Site) -> Result<Option<String>, Failure> {
        let cookie = cookie_value(&self.headers, REFRESH_COOKIE).filter(|token| !token.is_empty());
        if cookie.is_some() {
            site.same_origin(&self.headers)?;
        }
        Ok(cookie)
    }

    /// The access token of the `Authorization` header.
    pub(super) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.text(header::AUTHORIZATION.as_str())?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// Where it is, and on which device.
    pub(super) fn origin(&self) -> Origin {
        self.origin.clone()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
