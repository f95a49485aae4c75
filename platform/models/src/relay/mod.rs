//! Calls that come and go as bytes (GTW-20, GTW-32): whoever speaks a provider's own format gets its answer untouched, and
//! for everyone else it is translated as it passes. Failed targets give way to the next until the first byte was passed.

mod align;
mod attempt;
mod body;
mod embeddings;
mod headers;
mod hedge;
mod keep;
mod local;
mod record;
mod transport;

use std::sync::Arc;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use quorate_formats::{BadBody, Envelope, Format, Usage};
use quorate_kernel::MicroUsd;
use serde_json::Value;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

pub use body::RelayBody;
pub use embeddings::Vectors;
pub use keep::Passed;
pub(crate) use transport::Transport;

use self::record::Recorder;
use crate::embeddings::EmbeddingCall;
use crate::guardrails::Guarded;
use crate::routing::{Leg, Plan, Route, Tour};
use crate::{AttemptRecord, Caller, Ending, ModelError, ModelErrorKind, Models, Reserved};

/// From so many bytes on a body is looked through by guardrails on a thread of its own: a hundred kilobytes take a
/// millisecond, and others wait.
const LONG_BODY: usize = 64 * 1024;
/// Bytes of a question for each token, as they are estimated before the provider has counted.
const BYTES_A_TOKEN: usize = 4;
/// The output that is set aside for where the caller sets no limit, in tokens.
const USUAL_OUTPUT: u64 = 4_096;

/// A call in somebody's wire format.
#[derive(Debug)]
pub struct RelayCall<'a> {
    /// The route, or `provider/model`.
    pub route: &'a str,
    /// What the caller speaks.
    pub format: Format,
    /// The request as it came.
    pub body: &'a Bytes,
    /// What was read of it.
    pub envelope: &'a Envelope<'a>,
    /// Headers of the request that the provider may see.
    pub headers: &'a HeaderMap,
    /// For whom.
    pub caller: &'a Arc<Caller>,
    /// When it came: the route's deadline counts from here, whatever is waited for before a target is asked.
    pub begun: Instant,
}

/// An answer that has begun.
#[derive(Debug)]
pub struct Relayed {
    /// The provider's status; a success.
    pub status: StatusCode,
    /// What of the provider's headers is passed on.
    pub headers: HeaderMap,
    /// Who answers, as `provider/model`.
    pub target: String,
    /// How many targets were asked, this one included.
    pub attempts: u32,
    /// The answer.
    pub body: RelayBody,
}

/// A call that nobody answered.
#[derive(Debug)]
pub struct RelayFailure {
    /// What went wrong last.
    pub error: ModelError,
    /// The provider's own refusal, where it is about the request and in the caller's format.
    pub refusal: Option<Box<Refusal>>,
    /// How many targets were asked.
    pub attempts: u32,
}

/// A provider's refusal, to be passed on as it is.
#[derive(Debug)]
pub struct Refusal {
    /// Its status.
    pub status: StatusCode,
    /// What of its headers is passed on.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl From<ModelError> for RelayFailure {
    fn from(error: ModelError) -> Self {
        Self { error, refusal: None, attempts: 0 }
    }
}

impl Models {
    /// Asks the targets of a route one after the other until one answers. Comes back when the first piece is there;
    /// everything before may be failed over or hedged, also for a stream (GTW-11). Dropping the future or the body ends
    /// the call upstream.
    ///
    /// # Errors
    /// The last failure, with the provider's own words where they are for the caller.
    pub async fn relay(&self, call: &RelayCall<'_>) -> Result<Relayed, RelayFailure> {
        let plan = self.plan(call.route, Some(call.envelope.conversation))?;
        let Some(guard) = &plan.route.guard else { return self.tour(plan, call).await };
        let guarded = if call.body.len() > LONG_BODY {
            look(Arc::clone(&plan.route), call.route.to_owned(), call.body.clone()).await?
        } else {
            guard.bytes(call.route, call.body)?
        };
        if let Some(judged) = guarded.judged {
            self.judge(guard, call.route, &judged, plan.route.deadline(call.begun, None)).await?;
        }
        let Some(body) = guarded.request else { return self.tour(plan, call).await };
        let bad = |error: BadBody| ModelError::new(ModelErrorKind::BadRequest, call.route, error.to_string());
        let envelope = Envelope::scan(call.format, &body).map_err(bad)?;
        self.tour(plan, &RelayCall { body: &body, envelope: &envelope, ..*call }).await
    }

    /// Asks the targets of a plan.
    async fn tour(&self, plan: Plan, call: &RelayCall<'_>) -> Result<Relayed, RelayFailure> {
        let most = most(&plan, call);
        let deadline = plan.route.deadline(call.begun, None);
        let mut tour = Tour::new(plan, deadline);
        let mut reserved = Some(self.reserve(call.caller, most).await?);
        let mut next = tour.next();
        let mut last: Option<RelayFailure> = None;
        while let Some(turn) = next {
            match self.turn(&mut tour, turn, call, most, &mut reserved).await {
                Ok(relayed) => return Ok(relayed),
                Err(failure) => {
                    next = tour.onward(&failure.error);
                    last = Some(failure);
                }
            }
        }
        Err(last
            .unwrap_or_else(|| ModelError::new(ModelErrorKind::Unknown, call.route, "the route has no target").into()))
    }

    /// Writes down that a call was answered from a cache (GTW-12): by `target` once, and by nobody now.
    pub fn found(&self, call: &RelayCall<'_>, target: &str) {
        let Some(ledger) = self.ledger() else { return };
        ledger.record(AttemptRecord {
            id: self.ids.uuid(),
            caller: Arc::clone(call.caller),
            route: call.route.to_owned(),
            target: target.to_owned(),
            number: 1,
            started: self.clock.now(),
            latency: Duration::ZERO,
            first_token: None,
            ending: Ending::Cached,
            status: None,
            streamed: call.envelope.stream,
            usage: None,
            cost: Some(MicroUsd::ZERO),
        });
    }

    async fn reserve(&self, caller: &Caller, most: MicroUsd) -> Result<Reserved, ModelError> {
        match self.ledger() {
            Some(ledger) => ledger.reserve(caller, most).await.map_err(|refused| {
                ModelError::new(ModelErrorKind::SpendRefused(refused.clone()), "", refused.to_string())
            }),
            None => Ok(Reserved::none()),
        }
    }

    fn recorder(&self, leg: &Leg, of: &Recording<'_>) -> Recorder {
        let record = AttemptRecord {
            id: self.ids.uuid(),
            caller: Arc::clone(of.caller),
            route: of.route.to_owned(),
            target: leg.target.clone(),
            number: of.number,
            started: self.clock.now(),
            latency: Duration::ZERO,
            first_token: None,
            ending: Ending::Cancelled,
            status: None,
            streamed: of.streamed,
            usage: None,
            cost: None,
        };
        Recorder::new(self.ledger(), record, leg.price, of.estimated_input)
    }
}

/// Looks through a long body where nobody else waits for the thread.
async fn look(route: Arc<Route>, name: String, body: Bytes) -> Result<Guarded<Bytes>, ModelError> {
    let failed = ModelError::new(ModelErrorKind::Unavailable, &name, "the guardrails of this route ended early");
    let looking = spawn_blocking(move || match &route.guard {
        Some(guard) => guard.bytes(&name, &body),
        None => Ok(Guarded { request: None, judged: None }),
    });
    looking.await.map_err(|_| failed)?
}

/// Posts JSON to a target's server beside any call, and gives what it answers.
pub(crate) async fn ask_json(leg: &Leg, path: &str, body: &Value) -> Result<Bytes, ModelError> {
    let offline = || ModelError::new(ModelErrorKind::Unavailable, &leg.target, "it has no server");
    let upstream = leg.upstream.as_ref().ok_or_else(offline)?;
    let headers = headers::up(Format::OpenAiChat, upstream.key.as_ref(), &HeaderMap::new(), false);
    let no_key = || ModelError::new(ModelErrorKind::Unauthorized, &leg.target, "the key is no header value");
    let call = EmbeddingCall { path: path.to_owned(), body: body.clone(), inputs: 0 };
    embeddings::post(leg, upstream, &call, headers.ok_or_else(no_key)?, None, None).await
}

/// What the record of an attempt says of its call.
struct Recording<'a> {
    caller: &'a Arc<Caller>,
    route: &'a str,
    streamed: bool,
    estimated_input: u64,
    number: u32,
}

/// About how many tokens the question has.
fn estimated_input(call: &RelayCall<'_>) -> u64 {
    (call.envelope.input_bytes / BYTES_A_TOKEN) as u64 + 1
}

/// The most that the call may cost at any target whose price is known.
fn most(plan: &Plan, call: &RelayCall<'_>) -> MicroUsd {
    let output = call.envelope.max_output_tokens.unwrap_or(USUAL_OUTPUT).saturating_mul(call.envelope.choices);
    let usage = Usage { input: estimated_input(call), output, ..Usage::default() };
    plan.legs.iter().filter_map(|planned| planned.leg.price).map(|price| price.cost(&usage)).max().unwrap_or_default()
}
