//! Adapters of embeddings.

use std::time::Duration;

use quorate_formats::embeddings::{EmbeddingsAsked, Encoding, Inputs};
use quorate_kernel::MicroUsd;
use quorate_models::{ModelErrorKind, ModelsConfig, PriceConfig, ProviderConfig, ProviderKind, RouteConfig, Vectors};
use quorate_testkit::models::{Act, Outcome};
use serde_json::{Map, json};

use super::books::Books;
use super::table::EMBEDDINGS;
use super::{PATIENCE, caller};
use crate::{Bench, models};

fn asked(count: usize) -> EmbeddingsAsked {
    EmbeddingsAsked {
        model: "default".into(),
        inputs: Inputs::Texts((0..count).map(|number| format!("text number {number}")).collect()),
        encoding: Encoding::Float,
        dimensions: None,
        user: None,
        extra: Map::new(),
    }
}

async fn bench(kind: ProviderKind) -> Bench {
    Bench::tuned(kind, |config| {
        config.retries.attempts = 1;
        config.embeddings = Some("p/m".into());
        let (cached_read, cache_write) = (None, None);
        config.prices = vec![PriceConfig { model: "p/m".into(), input: 0.5, output: 0.0, cached_read, cache_write }];
    })
    .await
}

async fn embed(bench: &Bench, asked: &EmbeddingsAsked) -> Result<Vectors, ModelErrorKind> {
    bench.models.embed(asked, &caller()).await.map_err(|error| error.kind)
}

#[tokio::test]
async fn vectors_come_in_order_counted_and_priced() {
    for (kind, _) in EMBEDDINGS {
        let bench = bench(kind).await;
        let books = Books::keep(&bench);
        let all = embed(&bench, &asked(130)).await.unwrap();
        assert_eq!((all.embedded.vectors.len(), all.target.as_str()), (130, "p/m"), "{kind:?}");
        let tokens = all.embedded.tokens.unwrap();
        assert!(tokens >= 130, "{kind:?}: {tokens}");
        // Half a micro-dollar a token, rounded up once.
        assert_eq!(books.last().cost, Some(MicroUsd(i64::try_from(tokens.div_ceil(2)).unwrap())), "{kind:?}");
        let mut one = asked(130);
        one.inputs = Inputs::Texts(vec!["text number 129".into()]);
        assert_eq!(embed(&bench, &one).await.unwrap().embedded.vectors[0], all.embedded.vectors[129], "{kind:?}");
        // The board's own embedder goes the same way, and gives unit lengths.
        let own = bench.models.embedder().embed(&["text number 129".to_owned()]).await.unwrap();
        let length: f32 = own[0].iter().map(|number| number * number).sum();
        assert!((length - 1.0).abs() < 1e-3 && own[0].len() == all.embedded.vectors[129].len(), "{kind:?}");
        assert!(bench.server.journal().await.unwrap().iter().all(|visit| visit.key.as_deref() == Some("sk-scripted")));
    }
}

#[tokio::test]
async fn settings_reach_the_provider_in_its_words() {
    for (kind, dimensions) in EMBEDDINGS {
        let bench = bench(kind).await;
        let mut asked = asked(1);
        asked.dimensions = Some(64);
        asked.extra.insert("input_type".into(), json!("query"));
        embed(&bench, &asked).await.unwrap();
        let body = bench.server.journal().await.unwrap()[0].body.clone();
        assert_eq!(body.pointer(dimensions), Some(&json!(64)), "{kind:?}: {body}");
        let purpose = if kind == ProviderKind::Gemini { "RETRIEVAL_QUERY" } else { "query" };
        assert!(body.to_string().contains(purpose), "{kind:?}: {body}");
    }
}

#[tokio::test]
async fn failures_have_their_kinds() {
    for (kind, _) in EMBEDDINGS {
        let bench = bench(kind).await;
        let retry_after = Some(Duration::from_secs(3_600));
        let cases = [
            (429, ModelErrorKind::RateLimited { retry_after }),
            (500, ModelErrorKind::Unavailable),
            (529, ModelErrorKind::RateLimited { retry_after }),
            (401, ModelErrorKind::Unauthorized),
        ];
        for (status, expected) in cases {
            let retry_after = Some("3600".into());
            bench.always(Act { status: Some(status), retry_after, ..Act::default() }).await;
            assert_eq!(embed(&bench, &asked(1)).await.err(), Some(expected), "{kind:?} {status}");
        }
        for body in ["<html>", "{}", r#"{"data":[],"embeddings":[]}"#] {
            bench.always(Act { body: Some(body.into()), ..Act::default() }).await;
            assert_eq!(embed(&bench, &asked(1)).await.err(), Some(ModelErrorKind::Garbled), "{kind:?} {body}");
        }
    }
}

#[tokio::test]
async fn silence_is_a_time_out_and_ends_the_call_upstream() {
    for (kind, _) in EMBEDDINGS {
        let bench = Bench::tuned(kind, |config| {
            config.retries.attempts = 1;
            config.timeouts.total = 0.3;
        })
        .await;
        bench.always(Act { hang: true, ..Act::default() }).await;
        let asked = tokio::time::timeout(PATIENCE, embed(&bench, &asked(1))).await.unwrap();
        assert_eq!(asked.err(), Some(ModelErrorKind::Timeout), "{kind:?}");
        assert_eq!(bench.server.settled_journal().await.unwrap()[0].outcome, Outcome::ClientLeft, "{kind:?}");
    }
}

#[tokio::test]
async fn the_local_one_needs_nobody_and_costs_nothing() {
    let config = ModelsConfig {
        providers: vec![ProviderConfig::new("offline", ProviderKind::Offline)],
        routes: vec![RouteConfig::new("default", ["offline/demo"])],
        ..ModelsConfig::default()
    };
    let vectors = models(&config).embed(&asked(3), &caller()).await.unwrap();
    assert_eq!((vectors.embedded.vectors.len(), vectors.embedded.vectors[0].len()), (3, 384));
}

#[tokio::test]
async fn who_has_none_says_so() {
    for kind in [ProviderKind::Anthropic, ProviderKind::DeepSeek, ProviderKind::Groq] {
        let bench = Bench::new(kind).await;
        assert_eq!(embed(&bench, &asked(1)).await.err(), Some(ModelErrorKind::BadRequest), "{kind:?}");
        assert_eq!(bench.visits().await, 0);
    }
    let bench = Bench::new(ProviderKind::Voyage).await;
    assert_eq!(bench.ask(crate::plain("x")).await.unwrap_err().kind, ModelErrorKind::BadRequest, "and no chat there");
}
