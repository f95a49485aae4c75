//! Whoever judges requests before they are sent on, in OpenAI's moderation format: `POST /moderations` with `{model,
//! input}`, answered by `{results: [{flagged, categories: {name: bool}}]}` (platform.openai.com/docs/api-reference).

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use super::Guard;
use crate::{ModelError, ModelErrorKind, Models};

/// How long a judgement may take: everybody waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Judgement {
    results: Vec<Verdict>,
}

#[derive(Deserialize)]
struct Verdict {
    flagged: bool,
    #[serde(default)]
    categories: std::collections::BTreeMap<String, Option<bool>>,
}

impl Models {
    /// Has a text judged by the guard's moderation. Who cannot be asked has not agreed.
    pub(crate) async fn judge(
        &self,
        guard: &Guard,
        route: &str,
        text: &str,
        deadline: Option<Instant>,
    ) -> Result<(), ModelError> {
        let Some(target) = guard.moderation() else { return Ok(()) };
        let closed = |message: &str| {
            tracing::error!(route, target, message, "a moderation failed; the request is refused");
            ModelError::new(ModelErrorKind::Unavailable, route, "the moderation of this route cannot be asked")
        };
        let plan = self.plan(target, None).map_err(|error| closed(&error.message))?;
        let leg = plan.legs.first().map(|planned| &planned.leg).ok_or_else(|| closed("there is no such target"))?;
        let body = json!({ "model": leg.model, "input": text });
        let last = Instant::now() + PATIENCE;
        let last = deadline.map_or(last, |deadline| deadline.min(last));
        let asked = timeout_at(last, crate::relay::ask_json(leg, "/moderations", &body)).await;
        let answer = asked.map_err(|_| closed("nothing came in time"))?.map_err(|error| closed(&error.message))?;
        let judgement: Judgement = serde_json::from_slice(&answer).map_err(|error| closed(&error.to_string()))?;
        if judgement.results.is_empty() {
            return Err(closed("there is no verdict"));
        }
        let flagged: Vec<&str> = judgement.results.iter().filter(|verdict| verdict.flagged).flat_map(named).collect();
        if judgement.results.iter().any(|verdict| verdict.flagged) {
            let message = format!("the moderation of this route refused the request: {}", flagged.join(", "));
            return Err(ModelError::new(ModelErrorKind::BadRequest, route, message.trim_end_matches(": ")));
        }
        Ok(())
    }
}

fn named(verdict: &Verdict) -> impl Iterator<Item = &str> {
    verdict.categories.iter().filter(|(_, is)| **is == Some(true)).map(|(name, _)| name.as_str())
}
