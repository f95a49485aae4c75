use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Uri};
use quorate_formats::embeddings::{Embedded, EmbeddingsAsked, Inputs};
use quorate_formats::{BadBody, Usage, text_tokens};
use tokio::time::{Instant, timeout_at};

use super::Recording;
use super::attempt::{MAX_ANSWER, MAX_REFUSAL, collect};
use super::record::Recorder;
use crate::embeddings::EmbeddingCall;
use crate::routing::{Leg, Plan, Tour};
use crate::upstream::Upstream;
use crate::{Caller, Ending, ModelError, ModelErrorKind, Models, refusal};

/// Vectors, and who made them.
#[derive(Debug)]
pub struct Vectors {
    /// The vectors, with the tokens that were counted.
    pub embedded: Embedded,
    /// Who made them, as `provider/model`.
    pub target: String,
    /// How many targets were asked.
    pub attempts: u32,
}

impl Models {
    /// Has texts embedded by the targets of a route, one after the other until one answers. An offline provider embeds
    /// locally.
    ///
    /// # Errors
    /// The last failure.
    pub async fn embed(&self, asked: &EmbeddingsAsked, caller: &Arc<Caller>) -> Result<Vectors, ModelError> {
        let plan = self.plan(&asked.model, None)?;
        let deadline = plan.route.deadline(Instant::now(), None);
        let guarded = self.guarded(&plan, asked, deadline).await?;
        let asked = guarded.as_ref().unwrap_or(asked);
        let tokens = tokens(&asked.inputs);
        let usage = Usage { input: tokens, ..Usage::default() };
        let prices = plan.legs.iter().filter_map(|planned| planned.leg.price);
        let most = prices.map(|price| price.cost(&usage)).max().unwrap_or_default();
        let mut reserved = Some(self.reserve(caller, most).await?);
        let mut tour = Tour::new(plan, deadline);
        let mut next = tour.next();
        let mut last = None;
        while let Some(mut turn) = next {
            tokio::time::sleep(turn.wait).await;
            let permit = turn.permit();
            let recording = Recording {
                caller,
                route: &asked.model,
                streamed: false,
                estimated_input: tokens,
                number: turn.number,
            };
            let mut recorder = self.recorder(&turn.leg, &recording);
            match self.vectors(&turn.leg, asked, &mut recorder, deadline).await {
                Ok(embedded) => {
                    permit.succeeded();
                    recorder.reserved = reserved.take();
                    let counted = Usage { input: embedded.tokens.unwrap_or(tokens), ..Usage::default() };
                    recorder.end(Ending::Answered, Some(counted));
                    return Ok(Vectors { embedded, target: turn.leg.target.clone(), attempts: turn.number });
                }
                Err(error) => {
                    permit.failed(&error.kind);
                    recorder.end(Ending::Failed(error.kind.clone()), None);
                    tracing::warn!(route = asked.model, target = turn.leg.target, %error, "embedding failed");
                    next = tour.onward(&error);
                    last = Some(error);
                }
            }
        }
        Err(last.unwrap_or_else(|| ModelError::new(ModelErrorKind::Unknown, &asked.model, "the route has no target")))
    }

    /// The texts as the route's providers may see them, where those are others.
    async fn guarded(
        &self,
        plan: &Plan,
        asked: &EmbeddingsAsked,
        deadline: Option<Instant>,
    ) -> Result<Option<EmbeddingsAsked>, ModelError> {
        let Some(guard) = &plan.route.guard else { return Ok(None) };
        let Inputs::Texts(texts) = &asked.inputs else {
            let message = "this route has guardrails, so send texts and not tokens";
            return Err(ModelError::new(ModelErrorKind::BadRequest, &asked.model, message));
        };
        let guarded = guard.texts(&asked.model, texts)?;
        if let Some(judged) = guarded.judged {
            self.judge(guard, &asked.model, &judged, deadline).await?;
        }
        Ok(guarded.request.map(|texts| EmbeddingsAsked { inputs: Inputs::Texts(texts), ..asked.clone() }))
    }

    async fn vectors(
        &self,
        leg: &Leg,
        asked: &EmbeddingsAsked,
        recorder: &mut Recorder,
        deadline: Option<Instant>,
    ) -> Result<Embedded, ModelError> {
        let Some(upstream) = &leg.upstream else {
            let Inputs::Texts(texts) = &asked.inputs else {
                return Err(ModelError::new(ModelErrorKind::BadRequest, &leg.target, "send texts, not tokens"));
            };
            return Ok(Embedded { vectors: self.embedder().embed(texts).await?, tokens: None });
        };
        let Some(wire) = leg.provider.kind.facts().embeddings else {
            let error = ModelError::new(ModelErrorKind::BadRequest, &leg.target, "this provider has no embeddings");
            return Err(error);
        };
        let asked = EmbeddingsAsked { model: leg.model.clone(), ..asked.clone() };
        let bad = |error: BadBody| ModelError::new(ModelErrorKind::BadRequest, &leg.target, error.to_string());
        let garbled =
            |error: quorate_formats::Garbled| upstream.error(ModelErrorKind::Garbled, &leg.target, &error.to_string());
        let mut all = Embedded { vectors: Vec::new(), tokens: Some(0) };
        for call in (wire.write)(&asked).map_err(bad)? {
            let headers = (wire.headers)(upstream, &leg.target)?;
            let answer = post(leg, upstream, &call, headers, Some(&mut *recorder), deadline).await?;
            let part = (wire.read)(&answer, call.inputs).map_err(garbled)?;
            all.vectors.extend(part.vectors);
            all.tokens = all.tokens.zip(part.tokens).map(|(sum, more)| sum + more);
        }
        Ok(all)
    }
}

/// Posts JSON to a target and gives the body of its answer.
pub(super) async fn post(
    leg: &Leg,
    upstream: &Upstream,
    call: &EmbeddingCall,
    mut headers: HeaderMap,
    recorder: Option<&mut Recorder>,
    deadline: Option<Instant>,
) -> Result<Bytes, ModelError> {
    let error = |kind, message: &str| upstream.error(kind, &leg.target, message);
    let uri = Uri::try_from(format!("{}{}", upstream.base, call.path));
    let uri = uri.map_err(|wrong| error(ModelErrorKind::BadRequest, &wrong.to_string()))?;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    upstream.add_headers(&mut headers);
    let asking = async {
        let sent = upstream.transport.post(uri, headers, Bytes::from(call.body.to_string())).await;
        let response = sent.map_err(|unreached| error(ModelErrorKind::Unavailable, &unreached.message))?;
        let (parts, mut rest) = response.into_parts();
        if let Some(recorder) = recorder {
            recorder.answered(parts.status.as_u16());
        }
        let limit = if parts.status.is_success() { MAX_ANSWER } else { MAX_REFUSAL };
        let answer = collect(&mut rest, limit).await.map_err(|message| error(ModelErrorKind::Cut, &message))?;
        if parts.status.is_success() {
            return Ok(answer);
        }
        let text = String::from_utf8_lossy(&answer);
        let (kind, message) = refusal::classify(parts.status.as_u16(), &parts.headers, &text, upstream.clock.now());
        Err(error(kind, &message))
    };
    let late = |_| error(ModelErrorKind::Timeout, "nothing came within the time allowed");
    timeout_at(Instant::now() + leg.timeouts.until(deadline).total, asking).await.map_err(late)?
}

fn tokens(inputs: &Inputs) -> u64 {
    match inputs {
        Inputs::Texts(texts) => texts.iter().map(|text| text_tokens(text)).sum(),
        Inputs::Tokens(lists) => lists.iter().map(|list| list.len() as u64).sum(),
    }
}
