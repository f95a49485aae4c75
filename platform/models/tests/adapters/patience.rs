//! Time limits, and what is left upstream when nobody waits any more.

use std::time::{Duration, Instant};

use futures::StreamExt;
use quorate_models::{ChatEvent, ModelErrorKind, ProviderKind};
use quorate_testkit::models::{Act, Outcome, Rule};

use crate::{Bench, KINDS, drain, is_about, plain};

#[tokio::test]
async fn silence_before_the_first_piece_times_out_and_is_tried_again() {
    for kind in KINDS {
        let bench = Bench::tuned(kind, |config| config.routes[0].timeouts.first_token = Some(0.3)).await;
        let hangs = [Act { hang: true, ..Act::default() }, Act { hang_after_bytes: Some(40), ..Act::default() }];
        bench.script(&hangs.map(|act| Rule::always(act).times(1))).await;
        let routed = bench.models.chat("default", plain("x")).await.unwrap();
        let kinds: Vec<_> =
            routed.attempts.iter().map(|attempt| attempt.error.as_ref().map(|e| e.kind.clone())).collect();
        assert_eq!(kinds, [Some(ModelErrorKind::Timeout), Some(ModelErrorKind::Timeout), None], "{kind:?}");
        routed.collect(|_| {}).await.unwrap();
        let outcomes: Vec<Outcome> =
            bench.server.settled_journal().await.unwrap().iter().map(|visit| visit.outcome).collect();
        assert_eq!(outcomes, [Outcome::ClientLeft, Outcome::ClientLeft, Outcome::Answered]);
    }
}

#[tokio::test]
async fn a_stream_that_falls_silent_times_out() {
    for kind in KINDS {
        let bench = Bench::tuned(kind, |config| config.timeouts.idle = 0.3).await;
        bench.always(Act { hang_after_bytes: Some(1_500), ..Act::default() }).await;
        let begun = Instant::now();
        let (events, error) = drain(&bench.models, plain("x")).await;
        assert!(!events.is_empty());
        assert_eq!(error.unwrap().kind, ModelErrorKind::Timeout);
        assert!(is_about(begun.elapsed(), Duration::from_millis(300)));
        assert_eq!(bench.server.settled_journal().await.unwrap()[0].outcome, Outcome::ClientLeft);
    }
}

#[tokio::test]
async fn an_answer_that_drips_for_ever_ends_at_the_total() {
    let bench = Bench::tuned(ProviderKind::OpenAi, |config| config.timeouts.total = 0.5).await;
    bench.always(Act { chunk_delay_ms: Some(100), ..Act::default() }).await;
    let begun = Instant::now();
    let (events, error) = drain(&bench.models, plain("x")).await;
    assert!(events.len() > 1);
    assert_eq!(error.unwrap().kind, ModelErrorKind::Timeout);
    assert!(is_about(begun.elapsed(), Duration::from_millis(500)));
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_call_upstream_at_once() {
    for kind in KINDS {
        let bench = Bench::new(kind).await;
        bench.always(Act { chunk_delay_ms: Some(200), ..Act::default() }).await;
        let mut stream = bench.models.chat("default", plain("x")).await.unwrap().events;
        assert!(matches!(stream.next().await, Some(Ok(ChatEvent::Text(_)))));
        drop(stream);
        let begun = Instant::now();
        assert_eq!(bench.server.settled_journal().await.unwrap()[0].outcome, Outcome::ClientLeft, "{kind:?}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_caller_that_gives_up_before_the_answer_ends_the_call_upstream() {
    for kind in KINDS {
        let bench = Bench::new(kind).await;
        bench.always(Act { hang: true, ..Act::default() }).await;
        let call = bench.models.chat("default", plain("x"));
        assert!(tokio::time::timeout(Duration::from_millis(200), call).await.is_err());
        assert_eq!(bench.server.settled_journal().await.unwrap()[0].outcome, Outcome::ClientLeft);
    }
}
