use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use moka::sync::Cache;
use quorate_kernel::{Code, Entitlements, Feature, Limit, OrgId, Principal, Problem};
use quorate_work::limits::{Decision, LimitKey, Limits, Rate};

use crate::place::Place;
use crate::{ClientAddress, Failure};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
/// For pages of other origins: which of our headers about limits they may read.
pub(crate) const EXPOSED: &str =
    "x-request-id, retry-after, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset";

/// How long what a plan allows is remembered: so late a changed plan takes effect here.
const REMEMBERED: Duration = Duration::from_secs(5);
/// Of how many organizations it is remembered.
const ORGANIZATIONS: u64 = 10_000;
/// Nobody is told to wait longer, in seconds: the wait may be over earlier than it seems now.
const LONGEST_WAIT: u64 = 60;
/// How many refused keys an address may send (PLT-1), and how long it is believed to have sent too many before that is
/// looked at again.
const FAILURES: Rate = Rate { count: 30, per: Duration::from_secs(15 * 60) };
const SHUT: Duration = Duration::from_secs(10);
/// How long to wait for a place, in seconds: nobody knows when one is free, and asking costs little.
const WAIT_FOR_A_PLACE: u64 = 1;
/// How many times more often than another signed-out route a lenient one may be asked.
const LENIENCE: u32 = 10;

/// How the requests of a route are counted (PLT-3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Counting {
    /// By the principal and its plan; on a public route by the caller's address.
    #[default]
    Usual,
    /// On a public route that the pages of signed-in people ask without a token, many of them behind one address: ten
    /// times as many, counted apart.
    Lenient,
    /// Not at all: probes of machines, and routes that count for themselves.
    Never,
}

/// How many requests a caller may send, on every route (PLT-3): signed in by person and plan, signed out by address.
#[derive(Clone)]
pub struct RequestLimits {
    limits: Limits,
    entitlements: Arc<dyn Entitlements>,
    plans: Cache<OrgId, Limit>,
    /// Addresses that have sent too many keys that were refused.
    shut: Cache<LimitKey, ()>,
    by_plan: bool,
    signed_out: Option<Rate>,
}

impl RequestLimits {
    /// What a plan says (`requests_per_minute`) to those who are signed in, 100 in 15 minutes to those who are not.
    #[must_use]
    pub fn new(limits: Limits, entitlements: Arc<dyn Entitlements>) -> Self {
        let plans = Cache::builder().max_capacity(ORGANIZATIONS).time_to_live(REMEMBERED).build();
        let shut = Cache::builder().max_capacity(ORGANIZATIONS).time_to_live(SHUT).build();
        let signed_out = Rate { count: 100, per: Duration::from_secs(15 * 60) };
        Self { limits, entitlements, plans, shut, by_plan: true, signed_out: Some(signed_out) }
    }

    /// Whether those who are signed in are held to their plan.
    #[must_use]
    pub fn by_plan(self, by_plan: bool) -> Self {
        Self { by_plan, ..self }
    }

    /// Another rate for an address that is not signed in; none for no limit.
    #[must_use]
    pub fn signed_out(self, rate: Option<Rate>) -> Self {
        Self { signed_out: rate, ..self }
    }

    /// Counts one request of a principal; `page` when a page of ours sent it. One look at a page is several requests,
    /// and nobody who only looks around is to be kept waiting: pages have ten times as many, counted apart.
    pub(crate) async fn of_principal(&self, principal: &Principal, page: bool) -> Result<Option<Decision>, Problem> {
        if let Some(key) = &principal.api_key
            && let Some(most) = key.requests_per_minute
        {
            let own = self.limits.check(LimitKey::id("key", key.id), Rate::per_minute(most)).await;
            if !own.allowed {
                return Ok(Some(own));
            }
        }
        if !self.by_plan {
            return Ok(None);
        }
        let limit = match self.plans.get(&principal.org_id) {
            Some(limit) => limit,
            None => {
                let limit = self.entitlements.limit_of_one(principal.org_id, Feature::RequestsPerMinute).await?;
                self.plans.insert(principal.org_id, limit);
                limit
            }
        };
        let Some(most) = limit.number() else { return Ok(None) };
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let (scope, most) = if page { ("page", most.saturating_mul(LENIENCE)) } else { ("user", most) };
        Ok(Some(self.limits.check(LimitKey::id(scope, principal.user_id.0), Rate::per_minute(most)).await))
    }

    /// Lets a request of an API key in that may have only so many under way at once.
    ///
    /// # Errors
    /// `RATE_LIMITED` when as many are under way.
    pub(crate) async fn enter(&self, principal: &Principal) -> Result<Option<Place>, Problem> {
        let Some((key, most)) = principal.api_key.as_ref().and_then(|key| Some((key.id, key.concurrency?))) else {
            return Ok(None);
        };
        if let Some(permit) = self.limits.enter(LimitKey::id("key", key), most).await {
            return Ok(Some(Place::new(permit)));
        }
        let message = format!("This API key may have {most} requests under way at once. Wait until one has ended.");
        let mut problem = Problem::new(Code::RateLimited, message)
            .with("max_concurrency", most)
            .with("retry_after", WAIT_FOR_A_PLACE);
        problem.retry_after = Some(WAIT_FOR_A_PLACE);
        Err(problem)
    }

    /// Whether an address has sent too many keys that were refused.
    pub(crate) fn is_shut(&self, caller: Option<IpAddr>) -> bool {
        guesser(caller).is_some_and(|guesser| self.shut.contains_key(&guesser))
    }

    /// Counts a key that was refused, and tells the caller so: `refused`, until there were too many. A secret of 256
    /// random bits is not guessed; this keeps those who try from costing much, and shows a forgotten program its end.
    pub(crate) async fn failed(&self, caller: Option<IpAddr>, refused: Problem) -> Problem {
        let Some(guesser) = guesser(caller) else { return refused };
        if self.limits.check(guesser, FAILURES).await.allowed {
            return refused;
        }
        self.shut.insert(guesser, ());
        Self::too_many_failures()
    }

    pub(crate) fn too_many_failures() -> Problem {
        let message = "Too many API keys were refused at your address. Check the key, then wait and try again.";
        let mut problem =
            Problem::new(Code::RateLimited, message).with("limit", FAILURES.count).with("retry_after", LONGEST_WAIT);
        problem.retry_after = Some(LONGEST_WAIT);
        problem
    }

    /// Counts one request of somebody who is not signed in. This machine itself is not limited: there stand its
    /// operator and, unless it is trusted and tells its callers' addresses, a proxy that all callers come through.
    pub(crate) async fn of_address(&self, caller: Option<ClientAddress>, counting: Counting) -> Option<Decision> {
        let rate = self.signed_out?;
        let ClientAddress(address) = caller.filter(|ClientAddress(address)| !is_own(*address))?;
        let (scope, rate) = match counting {
            Counting::Usual => ("address", rate),
            Counting::Lenient => ("address-lenient", Rate { count: rate.count.saturating_mul(LENIENCE), ..rate }),
            Counting::Never => return None,
        };
        Some(self.limits.check(LimitKey::ip(scope, address), rate).await)
    }
}

impl std::fmt::Debug for RequestLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestLimits")
            .field("by_plan", &self.by_plan)
            .field("signed_out", &self.signed_out)
            .finish_non_exhaustive()
    }
}

/// Whose failures are counted. This machine's are not, since all who come through a proxy that is not trusted are on it.
fn guesser(caller: Option<IpAddr>) -> Option<LimitKey> {
    caller.filter(|address| !is_own(*address)).map(|address| LimitKey::ip("key-failures", address))
}

fn is_own(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// The refusal of a request that was one too many.
pub(crate) fn refusal(decision: &Decision) -> Response {
    let seconds = wait(decision);
    let mut problem = Problem::new(Code::RateLimited, "Too many requests. Wait a little and try again.")
        .with("limit", decision.limit)
        .with("retry_after", seconds);
    problem.retry_after = Some(seconds);
    Failure::from(problem).into_response()
}

/// Tells the caller where they stand: the limit, what is left of it, and in how many seconds all of it is back.
pub(crate) fn tell(decision: &Decision, headers: &mut HeaderMap) {
    headers.insert(LIMIT, HeaderValue::from(decision.limit));
    headers.insert(REMAINING, HeaderValue::from(decision.remaining));
    headers.insert(RESET, HeaderValue::from(seconds(decision.reset_after)));
}

fn wait(decision: &Decision) -> u64 {
    seconds(decision.retry_after.unwrap_or(Duration::MAX)).clamp(1, LONGEST_WAIT)
}

/// Rounded up: whoever comes back a moment too early is refused again.
fn seconds(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use async_trait::async_trait;
    use axum::Router;
    use axum::extract::ConnectInfo;
    use axum::http::Request;
    use quorate_kernel::{Counted, Meter, SubscriptionSummary};
    use utoipa_axum::routes;

    use super::*;
    use crate::sample::{ask, middleware};
    use crate::{Access, Routes};

    /// A plan with so many requests a minute.
    struct Plan(Limit);

    #[async_trait]
    impl Entitlements for Plan {
        async fn subscription(&self, _: OrgId) -> Result<SubscriptionSummary, Problem> {
            Err(Problem::internal("not asked"))
        }
        async fn limit(&self, _: OrgId, _: Feature) -> Result<Limit, Problem> {
            Ok(self.0)
        }
        async fn meters(&self, _: OrgId) -> Result<Vec<Meter>, Problem> {
            Err(Problem::internal("not asked"))
        }
        async fn check(&self, _: OrgId, _: Feature, _: u64) -> Result<(), Problem> {
            Err(Problem::internal("not asked"))
        }
        async fn count(&self, _: OrgId, _: Feature, _: u64) -> Result<Counted, Problem> {
            Err(Problem::internal("not asked"))
        }
        async fn give_back(&self, _: &Counted) -> Result<(), Problem> {
            Err(Problem::internal("not asked"))
        }
    }

    #[utoipa::path(get, path = "/api/v1/public", responses((status = 200)))]
    async fn public() {}
    #[utoipa::path(get, path = "/api/v1/lenient", responses((status = 200)))]
    async fn lenient() {}
    #[utoipa::path(get, path = "/api/v1/never", responses((status = 200)))]
    async fn never() {}
    #[utoipa::path(get, path = "/api/v1/own", responses((status = 200)))]
    async fn own() {}
    #[utoipa::path(get, path = "/api/v1/needy", responses((status = 200)))]
    async fn needy() {}

    fn server(limits: RequestLimits) -> Router {
        let (router, _, _) = Routes::<()>::new()
            .add(Access::Public, routes!(public))
            .add_counted(Access::Public, Counting::Lenient, routes!(lenient))
            .add_counted(Access::Public, Counting::Never, routes!(never))
            .add(Access::SignedIn, routes!(own))
            .add(Access::Operator, routes!(needy))
            .into_parts();
        crate::Middleware { limits: Some(limits), ..middleware("http://localhost:8080") }.wrap(router)
    }

    fn limits(plan: Limit) -> RequestLimits {
        RequestLimits::new(Limits::memory(), Arc::new(Plan(plan)))
            .signed_out(Some(Rate { count: 2, per: Duration::from_secs(900) }))
    }

    async fn get(server: &Router, path: &str, from: &str) -> (u16, HeaderMap, serde_json::Value) {
        let peer = SocketAddr::new(from.parse().unwrap(), 1);
        ask(server, Request::get(path).extension(ConnectInfo(peer)), "").await
    }

    fn header(headers: &HeaderMap, name: &str) -> Option<u64> {
        Some(headers.get(name)?.to_str().unwrap().parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn signed_out_callers_are_counted_by_their_network() {
        let server = server(limits(Limit::Unlimited));
        for (from, left) in [("2001:db8::1", 1), ("2001:db8::2", 0), ("203.0.113.7", 1)] {
            let (status, headers, _) = get(&server, "/api/v1/public", from).await;
            assert_eq!((status, header(&headers, "x-ratelimit-remaining")), (200, Some(left)), "{from}");
            assert_eq!(header(&headers, "x-ratelimit-limit"), Some(2));
            assert_eq!(header(&headers, "x-ratelimit-reset"), Some(930));
            assert!(!headers.contains_key("retry-after"));
        }
        let (status, headers, body) = get(&server, "/api/v1/public", "2001:db8::3").await;
        assert_eq!((status, body["error"]["code"].as_str()), (429, Some("RATE_LIMITED")));
        assert_eq!(header(&headers, "retry-after"), Some(60), "never more than a minute");
        assert_eq!(header(&headers, "x-ratelimit-remaining"), Some(0));
        assert_eq!(body["error"]["params"], serde_json::json!({ "limit": 2, "retry_after": 60 }));
        tokio::time::advance(Duration::from_secs(930)).await;
        assert_eq!(get(&server, "/api/v1/public", "2001:db8::3").await.0, 200);
    }

    #[tokio::test]
    async fn this_machine_and_probes_are_not_counted_and_lenient_routes_apart() {
        let server = server(limits(Limit::Unlimited));
        for from in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            for _ in 0..5 {
                let (status, headers, _) = get(&server, "/api/v1/public", from).await;
                assert_eq!((status, header(&headers, "x-ratelimit-limit")), (200, None));
            }
        }
        for number in 0..25 {
            assert_eq!(get(&server, "/api/v1/never", "203.0.113.7").await.0, 200);
            let expected = if number < 20 { 200 } else { 429 };
            assert_eq!(get(&server, "/api/v1/lenient", "203.0.113.7").await.0, expected);
        }
        assert_eq!(get(&server, "/api/v1/public", "203.0.113.7").await.0, 200);
    }

    #[tokio::test(start_paused = true)]
    async fn signed_in_callers_are_counted_by_their_plan_whatever_they_are_refused_for() {
        let server = server(limits(Limit::UpTo(3)));
        let asked = |path: &'static str| ask(&server, Request::get(path).header("authorization", "Bearer member"), "");
        let (status, headers, _) = asked("/api/v1/own").await;
        assert_eq!((status, header(&headers, "x-ratelimit-remaining")), (200, Some(2)));
        let (status, headers, _) = asked("/api/v1/needy").await;
        assert_eq!(status, 403);
        assert_eq!(header(&headers, "x-ratelimit-remaining"), Some(1));
        assert_eq!(asked("/api/v1/own").await.0, 200);
        let (status, headers, body) = asked("/api/v1/own").await;
        assert_eq!((status, body["error"]["code"].as_str()), (429, Some("RATE_LIMITED")));
        assert_eq!(header(&headers, "retry-after"), Some(60));
        assert_eq!(header(&headers, "x-ratelimit-limit"), Some(3));
        tokio::time::advance(Duration::from_secs(62)).await;
        assert_eq!(asked("/api/v1/own").await.0, 200);
    }

    #[tokio::test]
    async fn a_page_may_ask_more_than_a_program() {
        let server = server(limits(Limit::UpTo(2)));
        let asked =
            |name: &'static str, value: &'static str| ask(&server, Request::get("/api/v1/own").header(name, value), "");
        for number in 0..21 {
            let (status, headers, _) = asked("cookie", "quorate_access=member").await;
            let expected = if number < 20 { 200 } else { 429 };
            assert_eq!((status, header(&headers, "x-ratelimit-limit")), (expected, Some(20)), "{number}");
        }
        assert_eq!(asked("authorization", "Bearer member").await.0, 200, "counted apart");
    }

    #[tokio::test]
    async fn an_address_that_sends_refused_keys_is_refused_after_thirty() {
        let server = server(limits(Limit::Unlimited));
        let asked = async |from: &str, token: &str| {
            let peer = SocketAddr::new(from.parse().unwrap(), 1);
            let request = Request::get("/api/v1/needy").extension(ConnectInfo(peer));
            ask(&server, request.header("authorization", format!("Bearer {token}")), "").await
        };
        for number in 0..30 {
            let from = format!("2001:db8::{number:x}");
            let (status, _, body) = asked(&from, "qk_wrong").await;
            assert_eq!((status, body["error"]["code"].as_str()), (401, Some("UNAUTHENTICATED")), "{number}");
        }
        for token in ["qk_wrong", "qk_other"] {
            let (status, headers, body) = asked("2001:db8::ffff", token).await;
            assert_eq!((status, body["error"]["code"].as_str()), (429, Some("RATE_LIMITED")), "{token}");
            assert_eq!(header(&headers, "retry-after"), Some(60));
        }
        assert_eq!(asked("2001:db8::1", "qk_member").await.0, 429, "one that nobody knows by heart is not looked up");
        assert_eq!(asked("2001:db8::1", "member").await.0, 403, "people are another matter");
        assert_eq!(asked("2001:db8:0:1::1", "qk_wrong").await.0, 401, "another network");
        assert_eq!(asked("2001:db8:0:1::1", "qk_member").await.0, 403);
        for _ in 0..40 {
            assert_eq!(asked("127.0.0.1", "qk_wrong").await.0, 401, "this machine, where proxies stand");
        }
    }

    #[tokio::test]
    async fn nothing_is_said_where_nothing_is_limited() {
        let switched_off = limits(Limit::UpTo(1)).by_plan(false).signed_out(None);
        for limits in [limits(Limit::Unlimited), switched_off] {
            let server = server(limits);
            for _ in 0..3 {
                let request = Request::get("/api/v1/own").header("authorization", "Bearer member");
                let (status, headers, _) = ask(&server, request, "").await;
                assert_eq!((status, header(&headers, "x-ratelimit-limit")), (200, None));
            }
        }
    }
}
