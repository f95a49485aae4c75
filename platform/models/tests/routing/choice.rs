//! Who is asked.

use std::collections::HashMap;

use quorate_models::offline::FaultKind;
use quorate_models::{ModelErrorKind, Strategy, TargetConfig};

use crate::{ask, config, models, provider, question};

#[tokio::test]
async fn a_target_that_keeps_failing_is_passed_over_and_still_there_as_a_last_resort() {
    let down = provider("a", 0.0, &[(FaultKind::Unavailable, 6)]);
    let mut config = config(vec![down, provider("b", 0.0, &[])]);
    config.routes.push(quorate_models::RouteConfig::new("only-a", ["a/demo"]));
    let models = models(&config);
    for attempts in [4, 3, 1, 1] {
        let routed = models.chat("default", question()).await.unwrap();
        assert_eq!((routed.target.as_str(), routed.attempts.len()), ("b/demo", attempts));
    }
    // The route that has nothing else asks it all the same, and finds it well again.
    let routed = models.chat("only-a", question()).await.unwrap();
    assert_eq!(routed.attempts.len(), 2);
    let answer = routed.collect(|_| {}).await.unwrap();
    assert_eq!(answer.model, "a/demo");
    assert_eq!(ask(&models).await.unwrap().model, "a/demo", "what one route found out, all know");
}

#[tokio::test]
async fn a_rate_limit_moves_on_at_once_and_the_target_rests() {
    let limited = provider("a", 0.0, &[(FaultKind::RateLimit, 1)]);
    let models = models(&config(vec![limited, provider("b", 0.0, &[])]));
    let begun = std::time::Instant::now();
    let routed = models.chat("default", question()).await.unwrap();
    assert_eq!((routed.target.as_str(), routed.attempts.len()), ("b/demo", 2));
    assert!(begun.elapsed().as_secs() < 5, "its thirty seconds are not waited for");
    assert_eq!(models.chat("default", question()).await.unwrap().attempts.len(), 1, "it rests");
}

#[tokio::test]
async fn a_conversation_stays_and_conversations_are_spread() {
    let mut config = config(vec![provider("a", 0.0, &[]), provider("b", 0.0, &[]), provider("c", 0.0, &[])]);
    config.routes[0].strategy = Strategy::Weighted;
    config.routes[0].sticky = true;
    let (here, elsewhere) = (models(&config), models(&config));
    let mut seen: HashMap<String, u32> = HashMap::new();
    for conversation in 0..60 {
        let mut request = question();
        request.conversation = Some(conversation);
        let first = here.chat("default", request.clone()).await.unwrap().target;
        let again = elsewhere.chat("default", request).await.unwrap().target;
        assert_eq!(first, again, "in every process");
        *seen.entry(first).or_default() += 1;
    }
    assert!(seen.len() == 3 && seen.values().all(|count| *count > 8), "{seen:?}");
}

#[tokio::test]
async fn the_cheapest_is_asked_first_and_weight_nought_last() {
    let mut config = config(vec![provider("a", 0.0, &[]), provider("b", 0.0, &[])]);
    config.routes[0].strategy = Strategy::LeastCost;
    config.prices[0].output = 100.0;
    assert_eq!(ask(&models(&config)).await.unwrap().model, "b/demo");
    config.routes[0].strategy = Strategy::Weighted;
    config.routes[0].targets = vec![TargetConfig::weighted("a/demo", 0.0), "b/demo".into()];
    let models = models(&config);
    for _ in 0..20 {
        assert_eq!(ask(&models).await.unwrap().model, "b/demo");
    }
}

#[tokio::test]
async fn routes_are_replaced_while_calls_are_under_way() {
    let slow = provider("a", 400.0, &[]);
    let before = config(vec![slow]);
    let models = models(&before);
    let under_way = models.chat("default", question()).await.unwrap();
    let mut after = config(vec![provider("b", 0.0, &[])]);
    models.replace(&after).unwrap();
    assert_eq!(ask(&models).await.unwrap().model, "b/demo");
    assert_eq!(under_way.collect(|_| {}).await.unwrap().model, "a/demo");
    after.routes[0].targets = vec!["nobody/x".into()];
    assert_eq!(models.replace(&after).unwrap_err().key, "models.routes.default.targets");
    assert_eq!(ask(&models).await.unwrap().model, "b/demo", "a wrong one changes nothing");
    let gone = models.chat("a/demo", question()).await.unwrap_err();
    assert_eq!(gone.kind, ModelErrorKind::Unknown);
}

#[tokio::test]
async fn what_is_known_of_a_target_outlives_a_change() {
    let config = config(vec![provider("a", 0.0, &[(FaultKind::Unavailable, 5)]), provider("b", 0.0, &[])]);
    let models = models(&config);
    for _ in 0..2 {
        ask(&models).await.unwrap();
    }
    models.replace(&config).unwrap();
    let routed = models.chat("default", question()).await.unwrap();
    assert_eq!((routed.target.as_str(), routed.attempts.len()), ("b/demo", 1), "it is still left alone");
}
