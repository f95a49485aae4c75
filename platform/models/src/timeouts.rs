use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use crate::config::{ConfigError, RouteTimeoutConfig, TimeoutConfig};
use crate::{ChatEvent, ChatModel, ChatRequest, ChatStream, ModelError, ModelErrorKind};

/// The longest time limit that makes sense, in seconds: a day.
const MAX_SECONDS: f64 = 86_400.0;

/// A number of seconds from configuration.
pub(crate) fn seconds(key: &str, value: f64) -> Result<Duration, ConfigError> {
    if value.is_finite() && value > 0.0 && value <= MAX_SECONDS {
        Ok(Duration::from_secs_f64(value))
    } else {
        Err(ConfigError::new(key, "must be a number of seconds above 0 and at most 86400"))
    }
}

/// The time limits of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) first_token: Duration,
    pub(crate) idle: Duration,
    pub(crate) total: Duration,
}

impl Timeouts {
    /// The limits under `key`: those of the route where it sets them, otherwise the common ones.
    pub(crate) fn new(key: &str, route: RouteTimeoutConfig, common: &TimeoutConfig) -> Result<Self, ConfigError> {
        let read = |name: &str, own: Option<f64>, common: f64| seconds(&format!("{key}.{name}"), own.unwrap_or(common));
        Ok(Self {
            connect: read("connect", route.connect, common.connect)?,
            first_token: read("first_token", route.first_token, common.first_token)?,
            idle: read("idle", route.idle, common.idle)?,
            total: read("total", route.total, common.total)?,
        })
    }

    /// The same, ending at `deadline` at the latest.
    pub(crate) fn until(self, deadline: Option<Instant>) -> Self {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        Self { total: left.map_or(self.total, |left| self.total.min(left)), ..self }
    }
}

/// Asks `adapter` for `model` and waits for the first event, which then leads the stream. Whatever goes wrong up to
/// here may be tried again without anybody having seen a byte.
pub(crate) async fn ask(
    adapter: &dyn ChatModel,
    target: &str,
    model: &str,
    request: &ChatRequest,
    timeouts: Timeouts,
) -> Result<ChatStream, ModelError> {
    let start = Instant::now();
    let deadline = start + timeouts.total;
    let first = async {
        let mut events = adapter.stream(model, request).await?;
        match events.next().await {
            Some(Ok(event)) => Ok((event, events)),
            Some(Err(error)) => Err(error),
            None => Err(cut(target)),
        }
    };
    let first_deadline = deadline.min(start + timeouts.first_token);
    let late = |_| ModelError::new(ModelErrorKind::Timeout, target, "nothing came within the time allowed");
    let (event, rest) = timeout_at(first_deadline, first).await.map_err(late)??;
    Ok(guard(target.to_owned(), event, rest, timeouts.idle, deadline))
}

struct Guarded {
    target: String,
    first: Option<ChatEvent>,
    rest: ChatStream,
    idle: Duration,
    deadline: Instant,
    done: bool,
    over: bool,
}

/// `rest` after `first`, with the limits kept: a piece that is late, or an end before `Done`, is an error item and the
/// last.
fn guard(target: String, first: ChatEvent, rest: ChatStream, idle: Duration, deadline: Instant) -> ChatStream {
    let guarded = Guarded { target, first: Some(first), rest, idle, deadline, done: false, over: false };
    stream::unfold(guarded, |mut guarded| async move {
        let item = guarded.next().await?;
        guarded.done |= matches!(item, Ok(ChatEvent::Done { .. }));
        guarded.over |= item.is_err();
        Some((item, guarded))
    })
    .boxed()
}

impl Guarded {
    async fn next(&mut self) -> Option<Result<ChatEvent, ModelError>> {
        if let Some(event) = self.first.take() {
            return Some(Ok(event));
        }
        if self.over {
            return None;
        }
        let idle_deadline = Instant::now() + self.idle;
        let next = timeout_at(idle_deadline.min(self.deadline), self.rest.next()).await;
        match next {
            Ok(item) if self.done => {
                // After the end there is nothing to say any more; the adapter only tidies up.
                drop(item);
                None
            }
            Ok(Some(item)) => Some(item),
            Ok(None) => Some(Err(cut(&self.target))),
            Err(_) if self.done => None,
            Err(_) => {
                let message = if idle_deadline < self.deadline {
                    "the stream paused for longer than allowed"
                } else {
                    "the answer took longer than allowed"
                };
                Some(Err(ModelError::new(ModelErrorKind::Timeout, &self.target, message)))
            }
        }
    }
}

fn cut(target: &str) -> ModelError {
    ModelError::new(ModelErrorKind::Cut, target, "the stream ended before the answer did")
}
