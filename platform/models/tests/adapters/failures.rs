//! What goes wrong upstream, and what is done about it.

use std::time::{Duration, Instant};

use quorate_models::{ChatEvent, ModelErrorKind, ProviderKind};
use quorate_testkit::models::{Act, Rule, ScriptedModels};

use crate::{Bench, KINDS, config, drain, is_about, models, plain, vote};

fn status(status: u16) -> Act {
    Act { status: Some(status), ..Act::default() }
}

#[tokio::test]
async fn a_rate_limit_is_waited_out_as_long_as_it_asks() {
    for kind in KINDS {
        let bench = Bench::new(kind).await;
        let limited = Act { retry_after: Some("1".into()), ..status(429) };
        bench.script(&[Rule::always(limited).times(1)]).await;
        let begun = Instant::now();
        let routed = bench.models.chat("default", plain("x")).await.unwrap();
        assert!(is_about(begun.elapsed(), Duration::from_secs(1)), "{:?}", begun.elapsed());
        let retry_after = Some(Duration::from_secs(1));
        assert_eq!(routed.attempts.len(), 2);
        assert_eq!(routed.attempts[0].error.as_ref().unwrap().kind, ModelErrorKind::RateLimited { retry_after });
        assert!(routed.attempts[1].waited >= Duration::from_secs(1) && routed.attempts[1].error.is_none());
        routed.collect(|_| {}).await.unwrap();
        assert_eq!(bench.visits().await, 2);
    }
}

#[tokio::test]
async fn a_wait_that_is_too_long_goes_to_the_next_target_at_once() {
    let bench = Bench::tuned(ProviderKind::OpenAi, |config| config.routes[0].targets.push("p/second".into())).await;
    let limited = Act { retry_after: Some("3600".into()), ..status(429) };
    let mut rule = Rule::always(limited);
    rule.matching.model = Some("m".into());
    bench.script(&[rule]).await;
    let begun = Instant::now();
    let answer = bench.ask(plain("x")).await.unwrap();
    assert_eq!(answer.model, "p/second");
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(bench.visits().await, 2);
}

#[tokio::test]
async fn a_broken_provider_is_tried_three_times_and_then_passed_over() {
    for kind in KINDS {
        let (broken, sound) = (ScriptedModels::start().await.unwrap(), ScriptedModels::start().await.unwrap());
        broken.script(&[Rule::always(status(500))]).await.unwrap();
        let providers = vec![broken.provider("broken", kind), sound.provider("sound", ProviderKind::Anthropic)];
        let models = models(&config(providers, &["broken/a", "sound/b"]));
        let routed = models.chat("default", vote("Move?")).await.unwrap();
        let tried: Vec<&str> = routed.attempts.iter().map(|attempt| attempt.target.as_str()).collect();
        assert_eq!(tried, ["broken/a", "broken/a", "broken/a", "sound/b"]);
        assert_eq!(routed.collect(|_| {}).await.unwrap().model, "sound/b");
        assert_eq!(broken.journal().await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn an_unreachable_provider_is_passed_over() {
    let sound = ScriptedModels::start().await.unwrap();
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = sound.provider("nobody", ProviderKind::OpenAi).at(format!("http://{gone}/v1"));
    let models = models(&config(vec![nobody, sound.provider("sound", ProviderKind::OpenAi)], &["nobody/a", "sound/b"]));
    let routed = models.chat("default", plain("x")).await.unwrap();
    assert_eq!(routed.target, "sound/b");
    let error = routed.attempts[0].error.as_ref().unwrap();
    assert_eq!(error.kind, ModelErrorKind::Unavailable);
    assert!(!error.message.contains("127.0.0.1"), "an address is not for messages: {error}");
}

#[tokio::test]
async fn what_cannot_get_better_is_asked_once() {
    let cases: [(Act, ModelErrorKind); 4] = [
        (status(401), ModelErrorKind::Unauthorized),
        (status(404), ModelErrorKind::BadRequest),
        (status(402), ModelErrorKind::QuotaExhausted),
        (Act { error_type: Some("insufficient_quota".into()), ..status(429) }, ModelErrorKind::QuotaExhausted),
    ];
    for kind in KINDS {
        for (act, expected) in cases.clone() {
            let bench = Bench::new(kind).await;
            bench.always(act).await;
            let error = bench.ask(plain("x")).await.unwrap_err();
            assert_eq!(error.kind, expected, "{kind:?}: {error}");
            assert_eq!(error.target, "p/m");
            assert_eq!(bench.visits().await, 1);
        }
    }
}

#[tokio::test]
async fn a_key_is_in_no_error() {
    for kind in KINDS {
        let bench = Bench::new(kind).await;
        bench.always(Act { message: Some("Incorrect API key: sk-scripted".into()), ..status(401) }).await;
        let error = bench.ask(plain("x")).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("sk-scripted"), "{error:?}");
        assert!(error.message.contains("***"));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for kind in KINDS {
        let bench = Bench::tuned(kind, |config| config.retries.attempts = 1).await;
        bench.always(Act { body: Some(String::new()), ..status(307) }).await;
        assert_eq!(bench.ask(plain("x")).await.unwrap_err().kind, ModelErrorKind::Garbled);
        assert_eq!(bench.visits().await, 1);
    }
}

#[tokio::test]
async fn a_cut_before_the_first_piece_is_tried_again() {
    for kind in KINDS {
        for cleanly in [false, true] {
            let bench = Bench::new(kind).await;
            let cut = Act { cut_after_bytes: Some(40), cut_cleanly: cleanly, ..Act::default() };
            bench.script(&[Rule::always(cut).times(1)]).await;
            let routed = bench.models.chat("default", plain("x")).await.unwrap();
            assert_eq!(routed.attempts[0].error.as_ref().unwrap().kind, ModelErrorKind::Cut, "{kind:?} {cleanly}");
            routed.collect(|_| {}).await.unwrap();
            assert_eq!(bench.visits().await, 2);
        }
    }
}

#[tokio::test]
async fn a_cut_after_the_first_piece_is_an_error_and_never_an_end() {
    for kind in KINDS {
        for cleanly in [false, true] {
            let bench = Bench::new(kind).await;
            bench.always(Act { cut_after_bytes: Some(1_500), cut_cleanly: cleanly, ..Act::default() }).await;
            let (events, error) = drain(&bench.models, plain("x")).await;
            assert!(events.iter().any(|event| matches!(event, ChatEvent::Text(_))), "{kind:?}");
            assert!(!events.iter().any(|event| matches!(event, ChatEvent::Done { .. })));
            assert_eq!(error.unwrap().kind, ModelErrorKind::Cut, "{kind:?} {cleanly}");
            assert_eq!(bench.visits().await, 1, "not again after the first byte");
        }
    }
}

#[tokio::test]
async fn garbage_is_called_garbage() {
    let garbage = [
        ("<html><body>Welcome to the hotel's network</body></html>\n", "text/html"),
        ("<html>\n<body>\n", "text/event-stream"),
        ("data: {\"choices\": [{\n\ndata: [DONE]\n\n", "text/event-stream"),
        ("{\"unexpected\": true}", "application/json"),
        ("not json", "application/json"),
    ];
    for kind in KINDS {
        for (body, content_type) in garbage {
            let bench = Bench::tuned(kind, |config| config.retries.attempts = 1).await;
            let act = Act { body: Some(body.into()), content_type: Some(content_type.into()), ..Act::default() };
            bench.always(act).await;
            let error = bench.ask(plain("x")).await.unwrap_err();
            assert_eq!(error.kind, ModelErrorKind::Garbled, "{kind:?} {body:?}: {error}");
        }
    }
}

#[tokio::test]
async fn an_error_inside_the_stream_is_an_error_item() {
    for kind in KINDS {
        let bench = Bench::new(kind).await;
        bench.always(Act { stream_error: Some("overloaded_error".into()), ..Act::default() }).await;
        let (events, error) = drain(&bench.models, plain("x")).await;
        assert!(!events.is_empty());
        assert_eq!(error.unwrap().kind, ModelErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn overload_is_tried_again() {
    let bench = Bench::new(ProviderKind::Anthropic).await;
    bench.script(&[Rule::always(status(529)).times(2)]).await;
    bench.ask(plain("x")).await.unwrap();
    assert_eq!(bench.visits().await, 3);
}

#[tokio::test]
async fn an_unknown_route_is_told_and_a_target_may_be_named_directly() {
    let bench = Bench::new(ProviderKind::OpenAi).await;
    for name in ["nobody", "nobody/m", "p/", ""] {
        assert_eq!(bench.models.chat(name, plain("x")).await.unwrap_err().kind, ModelErrorKind::Unknown, "{name}");
    }
    let routed = bench.models.chat("p/vendor/model:free", plain("x")).await.unwrap();
    routed.collect(|_| {}).await.unwrap();
    assert_eq!(bench.server.journal().await.unwrap()[0].model, "vendor/model:free");
}
