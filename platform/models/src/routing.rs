use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::Instant;

use crate::retry::Retries;
use crate::timeouts::{Timeouts, ask};
use crate::{
    ChatAnswer, ChatEvent, ChatModel, ChatRequest, ChatStream, Finish, ModelError, ModelErrorKind, Price, Usage,
};

/// One target of a route, ready to be asked.
#[derive(Clone)]
pub(crate) struct Leg {
    /// `provider/model`.
    pub(crate) target: String,
    pub(crate) model: String,
    pub(crate) adapter: Arc<dyn ChatModel>,
    pub(crate) timeouts: Timeouts,
    pub(crate) price: Option<Price>,
}

/// One try at one target, for the record of the request (GTW-11).
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Who was asked, as `provider/model`.
    pub target: String,
    /// How long was waited before.
    pub waited: Duration,
    /// From the call to the first event, or to the failure.
    pub latency: Duration,
    /// Why it failed; absent for the one that answered.
    pub error: Option<ModelError>,
}

/// An answer that has begun.
pub struct RoutedStream {
    /// Who answers, as `provider/model`.
    pub target: String,
    /// The answer. Dropping it cancels the call upstream.
    pub events: ChatStream,
    /// Every try, the successful one last.
    pub attempts: Vec<Attempt>,
    /// What the target costs; `None` when unknown.
    pub price: Option<Price>,
    started: Instant,
}

impl std::fmt::Debug for RoutedStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoutedStream")
            .field("target", &self.target)
            .field("attempts", &self.attempts)
            .field("price", &self.price)
            .finish_non_exhaustive()
    }
}

impl RoutedStream {
    /// Reads the answer to its end, handing each piece of text to `on_text` as it comes. An error after pieces were
    /// handed out is the caller's to deal with: nothing is tried again after the first byte (GTW-11).
    pub async fn collect(mut self, mut on_text: impl FnMut(&str) + Send) -> Result<ChatAnswer, ModelError> {
        let (mut text, mut thinking) = (String::new(), String::new());
        let mut first_token = None;
        let mut end: Option<(Finish, Usage)> = None;
        let mut latency = Duration::ZERO;
        while let Some(event) = self.events.next().await {
            match event? {
                ChatEvent::Text(piece) => {
                    first_token.get_or_insert_with(|| self.started.elapsed());
                    on_text(&piece);
                    text.push_str(&piece);
                }
                ChatEvent::Thinking(piece) => thinking.push_str(&piece),
                ChatEvent::Done { finish, usage } => {
                    end = Some((finish, usage));
                    latency = self.started.elapsed();
                }
            }
        }
        let Some((finish, usage)) = end else {
            return Err(ModelError::new(ModelErrorKind::Cut, self.target, "the stream ended before the answer did"));
        };
        // A provider that counts nothing leaves the cost unknown; it is never zero for that (GTW-3).
        let counted = usage.input > 0 || usage.output > 0;
        let cost = self.price.filter(|price| counted || *price == Price::FREE).map(|price| price.cost(&usage));
        Ok(ChatAnswer {
            text,
            thinking: (!thinking.is_empty()).then_some(thinking),
            finish,
            usage,
            model: self.target,
            cost,
            latency,
            first_token,
        })
    }
}

/// Asks the legs in order until one answers. Each is tried again as `retries` says; the next one comes when a leg is
/// given up, unless the request itself is at fault.
pub(crate) async fn run(
    legs: &[Leg],
    retries: &Retries,
    route: &str,
    request: &ChatRequest,
) -> Result<RoutedStream, ModelError> {
    let started = Instant::now();
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut last_error = None;
    for leg in legs {
        let mut waited = Duration::ZERO;
        for number in 1.. {
            let begun = Instant::now();
            let asked = ask(&*leg.adapter, &leg.target, &leg.model, request, leg.timeouts).await;
            let attempt = Attempt { target: leg.target.clone(), waited, latency: begun.elapsed(), error: None };
            let error = match asked {
                Ok(events) => {
                    attempts.push(attempt);
                    let (target, price) = (leg.target.clone(), leg.price);
                    return Ok(RoutedStream { target, events, attempts, price, started });
                }
                Err(error) => error,
            };
            tracing::warn!(route, target = leg.target, purpose = request.purpose, attempt = number, %error, "model call failed");
            attempts.push(Attempt { error: Some(error.clone()), ..attempt });
            if !error.allows_failover() {
                return Err(error);
            }
            let wait = retries.wait(number, &error);
            last_error = Some(error);
            let Some(wait) = wait else { break };
            tokio::time::sleep(wait).await;
            waited = wait;
        }
    }
    Err(last_error.unwrap_or_else(|| ModelError::new(ModelErrorKind::Unknown, route, "the route has no target")))
}
