use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::Instant;

use super::account::Accounts;
use super::journey::Journey;
use super::plan::Plan;
use crate::{ChatAnswer, ChatEvent, ChatRequest, ChatStream, Finish, ModelError, ModelErrorKind, Price, Usage};

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
    /// Reads the answer to its end, handing each piece of text to `on_text` as it comes. Where the route allows an
    /// answer to begin again, use [`Self::collect_with`]: here nobody is told that what came before is void.
    pub async fn collect(self, mut on_text: impl FnMut(&str) + Send) -> Result<ChatAnswer, ModelError> {
        self.collect_with(|event| {
            if let ChatEvent::Text(piece) = event {
                on_text(piece);
            }
        })
        .await
    }

    /// Reads the answer to its end, handing each event to `hear` as it comes. An error after pieces were handed out is
    /// the caller's to deal with, unless the route allows the answer to begin again (GTW-11).
    pub async fn collect_with(mut self, mut hear: impl FnMut(&ChatEvent) + Send) -> Result<ChatAnswer, ModelError> {
        let (mut text, mut thinking) = (String::new(), String::new());
        let mut first_token = None;
        let mut end: Option<(Finish, Usage)> = None;
        let mut latency = Duration::ZERO;
        while let Some(event) = self.events.next().await {
            let event = event?;
            hear(&event);
            match event {
                ChatEvent::Text(piece) => {
                    first_token.get_or_insert_with(|| self.started.elapsed());
                    text.push_str(&piece);
                }
                ChatEvent::Thinking(piece) => thinking.push_str(&piece),
                ChatEvent::Restart { target, price } => {
                    text.clear();
                    thinking.clear();
                    (self.target, self.price) = (target, price);
                }
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

/// One call: what is asked, by when, and who keeps account.
pub(crate) struct Call {
    pub(crate) request: ChatRequest,
    pub(crate) accounts: Option<Accounts>,
    pub(crate) deadline: Option<Instant>,
}

impl Call {
    pub(crate) fn new(request: ChatRequest, accounts: Option<Accounts>, deadline: Option<Instant>) -> Self {
        Self { request, accounts, deadline }
    }
}

/// Asks the targets of a plan until one answers, unless the request itself is at fault.
pub(crate) async fn run(plan: Plan, call: Call) -> Result<RoutedStream, ModelError> {
    let started = Instant::now();
    let mut journey = Journey::new(plan, Arc::new(call));
    let live = journey.begin().await?;
    let (target, price) = (live.leg.target.clone(), live.leg.price);
    let attempts = std::mem::take(&mut journey.attempts);
    Ok(RoutedStream { target, events: journey.stream(live), attempts, price, started })
}
