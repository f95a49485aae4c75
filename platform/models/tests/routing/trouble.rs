//! Slow targets, answers that break off, callers in a hurry.

use std::time::{Duration, Instant};

use futures::StreamExt;
use quorate_models::offline::FaultKind;
use quorate_models::{ChatEvent, ModelErrorKind};

use crate::{ask, config, models, provider, question};

#[tokio::test]
async fn a_slow_target_is_hedged() {
    let hangs = provider("a", 0.0, &[(FaultKind::Timeout, 1)]);
    let mut config = config(vec![hangs, provider("b", 0.0, &[])]);
    config.routes[0].hedge_after = Some(0.05);
    let begun = Instant::now();
    let answer = ask(&models(&config)).await.unwrap();
    assert_eq!(answer.model, "b/demo");
    assert!(begun.elapsed() >= Duration::from_millis(50) && begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_hedge_that_fails_leaves_the_first_its_time() {
    // The first hangs past the hedge and fails by its own time limit; the second refuses at once, then answers.
    let hangs = provider("a", 0.0, &[(FaultKind::Timeout, 1)]);
    let refuses = provider("b", 0.0, &[(FaultKind::Unavailable, 1)]);
    let mut config = config(vec![hangs, refuses]);
    config.routes[0].hedge_after = Some(0.02);
    config.timeouts.first_token = 0.2;
    let routed = models(&config).chat("default", question()).await.unwrap();
    let kinds: Vec<_> = routed.attempts.iter().map(|one| one.error.as_ref().map(|error| error.kind.clone())).collect();
    assert_eq!(kinds, [Some(ModelErrorKind::Unavailable), Some(ModelErrorKind::Timeout), None]);
    assert_eq!(routed.target, "b/demo");
}

#[tokio::test]
async fn an_answer_that_breaks_off_begins_again_where_the_route_allows_it() {
    let cuts = || provider("a", 0.0, &[(FaultKind::Cut, 1)]);
    let mut config = config(vec![cuts(), provider("b", 0.0, &[])]);
    config.routes[0].restart = true;
    let mut restarts = 0;
    let routed = models(&config).chat("default", question()).await.unwrap();
    let answer = routed.collect_with(|event| restarts += u32::from(matches!(event, ChatEvent::Restart { .. }))).await;
    let whole = answer.unwrap();
    assert_eq!(restarts, 1);
    let same = models(&config).chat("b/demo", question()).await.unwrap();
    assert!(!whole.text.is_empty() && same.collect(|_| {}).await.is_ok_and(|answer| answer.text == whole.text));

    config.routes[0].restart = false;
    let mut events = models(&config).chat("default", question()).await.unwrap().events;
    let mut last = None;
    while let Some(item) = events.next().await {
        last = Some(item);
    }
    assert_eq!(last.unwrap().unwrap_err().kind, ModelErrorKind::Cut);
}

#[tokio::test]
async fn a_caller_in_a_hurry_is_told_in_time_and_the_target_is_not_blamed() {
    let hangs = provider("a", 0.0, &[(FaultKind::Timeout, 6)]);
    let models = models(&config(vec![hangs, provider("b", 0.0, &[])]));
    for _ in 0..6 {
        let mut request = question();
        request.deadline = Some(Duration::from_millis(20));
        let begun = Instant::now();
        assert_eq!(models.chat("default", request).await.unwrap_err().kind, ModelErrorKind::Timeout);
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
    assert_eq!(ask(&models).await.unwrap().model, "a/demo");
}
