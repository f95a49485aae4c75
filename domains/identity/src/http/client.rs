use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use quorate_http::{Failure, REFRESH_COOKIE, Site, cookie_value};

use crate::login_session::Origin;

/// The header by which a browser client asks for cookies instead of tokens in JSON.
const CLIENT_HEADER: &str = "x-quorate-client";
const WEB: &str = "web";

/// The program that sends a request.
pub(super) struct Client {
    headers: HeaderMap,
    peer: Option<SocketAddr>,
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address);
        Ok(Self { headers: parts.headers.clone(), peer })
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

    /// Where it is. Only the connection is believed, not `X-Forwarded-For`, which anybody can write.
    pub(super) fn origin(&self) -> Origin {
        Origin::new(self.peer.map(|peer| peer.ip().to_string()), self.text(header::USER_AGENT.as_str()))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
