use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::guard::{AddressRule, Resolver};

/// How long an idle connection is kept for the next call.
const IDLE: Duration = Duration::from_secs(60);
/// Idle connections kept to one server.
const MOST_IDLE: usize = 1024;

/// The connections to providers' servers. hyper itself and not the client above it: a call spends its time here, and
/// nothing of what the client adds (redirects, cookies, bodies of its own) is wanted (GTW-30).
#[derive(Clone)]
pub(crate) struct Transport(Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>);

/// Why there is no answer at all.
#[derive(Debug)]
pub(super) struct Unreached {
    /// For operators, without the address, which may be private.
    pub(super) message: String,
}

impl Transport {
    /// Connections that are given up when they are not made within `connect`, to addresses that the rule lets through.
    ///
    /// # Errors
    /// When the system's certificates cannot be used.
    pub(crate) fn new(connect: Duration, rule: Option<Arc<dyn AddressRule>>) -> std::io::Result<Self> {
        let mut connector = HttpConnector::new_with_resolver(Resolver::new(rule));
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(connect));
        connector.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_platform_verifier(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MOST_IDLE)
            .build(connector);
        Ok(Self(client))
    }

    /// Posts `body`. Dropping the future or the answer's body ends the call upstream.
    pub(super) async fn post(
        &self,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Incoming>, Unreached> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        self.0.request(request).await.map_err(|error| {
            let mut message = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                message = format!("{message}: {cause}");
                source = cause.source();
            }
            Unreached { message }
        })
    }
}
