use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use quorate_kernel::Ids;
use quorate_work::{Handler, JobContext, Outcome};
use serde::Deserialize;
use uuid::Uuid;

use super::message::{Content, Outgoing};
use super::{JOB, MailError, Mailer, Way, store};

/// How long to wait after each attempt, in seconds: quick at first, since people wait for these mails, then over about
/// a day. Servers that greylist want some minutes.
const WAITS: [u64; 10] = [15, 60, 180, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800];
/// How often the log is tidied.
const TIDY: Duration = Duration::from_secs(3600);

/// Hands one mail over.
pub(super) struct Delivery {
    mailer: Mailer,
    tidied: Mutex<Option<DateTime<Utc>>>,
}

#[derive(Deserialize)]
struct Payload {
    mail: Uuid,
}

/// What became of an attempt that failed.
enum Next {
    At(DateTime<Utc>),
    Never,
}

impl Delivery {
    pub(super) fn new(mailer: Mailer) -> Self {
        Self { mailer, tidied: Mutex::default() }
    }

    /// One attempt. `None` when the mail has left, now or before: a job may run again after its end.
    async fn attempt(&self, id: Uuid) -> Result<Option<Next>, MailError> {
        let parts = &self.mailer.0;
        let Some(waiting) = store::take(&parts.store, id).await? else { return Ok(None) };
        let attempt = waiting.attempt;
        let template = waiting.template.clone();
        let handed_over = match wait(attempt - 1, &*parts.ids) {
            // Attempts that ended without a word, by a crash, count too.
            None if attempt > 1 => Err(MailError::Refused("given up".to_owned())),
            _ => self.hand_over(id, waiting).await,
        };
        let now = parts.clock.now();
        let Err(error) = handed_over else {
            tracing::info!(mail = %id, template, attempt, "mail handed over");
            store::finish(&parts.store, id, None, now).await?;
            return Ok(None);
        };
        // What the configuration or the database causes may pass; what is wrong with the mail stays wrong.
        let wait = match &error {
            MailError::Refused(_) | MailError::Compose(_) => None,
            _ => wait(attempt, &*parts.ids),
        };
        if let Some(wait) = wait {
            tracing::warn!(mail = %id, template, attempt, %error, "mail not handed over yet");
            store::note(&parts.store, id, error.to_string()).await?;
            Ok(Some(Next::At(now + wait)))
        } else {
            tracing::error!(mail = %id, template, attempt, %error, "mail given up");
            store::finish(&parts.store, id, Some(error.to_string()), now).await?;
            Ok(Some(Next::Never))
        }
    }

    async fn hand_over(&self, id: Uuid, waiting: store::Waiting) -> Result<(), MailError> {
        let parts = &self.mailer.0;
        let mail = Outgoing {
            id,
            content: Content::open(&parts.master_key, id, &waiting.sealed)?,
            to: waiting.recipient,
            template: waiting.template,
            locale: waiting.locale,
            created_at: waiting.created_at,
        };
        match &parts.way {
            Way::Smtp(smtp) => smtp.send(&mail).await,
            Way::Folder(folder) => folder.keep(&mail).await,
        }
    }

    /// Tidies the log now and then.
    async fn tidy(&self) {
        let parts = &self.mailer.0;
        let now = parts.clock.now();
        {
            let mut tidied = self.tidied.lock().unwrap_or_else(PoisonError::into_inner);
            if tidied.is_some_and(|at| now < at + TIDY) {
                return;
            }
            *tidied = Some(now);
        }
        match store::tidy(&parts.store, now).await {
            Ok(0) => {}
            Ok(mails) => tracing::info!(mails, "tidied the log of mails"),
            Err(error) => tracing::warn!(%error, "the log of mails was not tidied"),
        }
    }
}

/// How long to wait after this attempt; `None` when it was the last. Up to a fifth more at random, so that what failed
/// together does not come back together.
fn wait(attempt: u32, ids: &dyn Ids) -> Option<Duration> {
    let index = usize::try_from(attempt).ok()?.checked_sub(1)?;
    let full = Duration::from_secs(*WAITS.get(index)?);
    let mut random = [0; 1];
    ids.fill(&mut random);
    Some(full + full.mul_f64(0.2 * f64::from(random[0]) / 255.0))
}

#[async_trait]
impl Handler for Delivery {
    fn kind(&self) -> &'static str {
        JOB
    }

    async fn run(&self, job: &JobContext) -> Outcome {
        let Ok(Payload { mail }) = Payload::deserialize(&job.payload) else {
            return Outcome::Discard("the payload names no mail".to_owned());
        };
        self.tidy().await;
        match self.attempt(mail).await {
            Ok(None) => Outcome::Done,
            // The mail's own row says how often and why.
            Ok(Some(Next::At(time))) => Outcome::Snooze(time),
            Ok(Some(Next::Never)) => Outcome::Discard("the mail was given up".to_owned()),
            // Only the database fails like this.
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use quorate_kernel::SystemIds;

    use super::*;

    #[test]
    fn waits_grow_over_about_a_day_and_end() {
        let waits: Vec<Duration> = (1..).map_while(|attempt| wait(attempt, &SystemIds)).collect();
        assert_eq!(waits.len(), WAITS.len());
        for (waited, full) in waits.iter().zip(WAITS) {
            let full = Duration::from_secs(full);
            assert!(*waited >= full && *waited <= full.mul_f64(1.2), "{waited:?} {full:?}");
        }
        let day = waits.iter().sum::<Duration>().as_secs() / 3600;
        assert!((20..32).contains(&day), "{day} hours");
        assert_eq!(wait(0, &SystemIds), None);
    }
}
