//! Embeddings over the network and without it.

use quorate_models::{ModelErrorKind, ProviderKind};
use quorate_testkit::models::{Act, Rule};

use crate::Bench;

async fn bench() -> Bench {
    Bench::tuned(ProviderKind::OpenAiCompatible, |config| config.embeddings = Some("p/embed".into())).await
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("text {number}")).collect()
}

#[tokio::test]
async fn texts_come_back_in_order_and_at_unit_length() {
    let bench = bench().await;
    let embedder = bench.models.embedder();
    assert_eq!(embedder.name(), "p/embed");
    let all = embedder.embed(&texts(300)).await.unwrap();
    assert_eq!(all.len(), 300);
    for vector in &all {
        let length: f32 = vector.iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-4);
    }
    let alone = embedder.embed(&texts(300)[299..]).await.unwrap();
    assert_eq!(alone[0], all[299], "the server answers in another order than asked");
    let journal = bench.server.journal().await.unwrap();
    assert_eq!(journal.len(), 4, "three batches and one");
    assert_eq!(journal[0].body["encoding_format"], "base64");
    assert!(embedder.embed(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn failures_are_retried_and_wrong_answers_refused() {
    let bench = bench().await;
    let embedder = bench.models.embedder();
    bench.script(&[Rule::always(Act { status: Some(503), ..Act::default() }).times(2)]).await;
    assert_eq!(embedder.embed(&texts(2)).await.unwrap().len(), 2);
    assert_eq!(bench.visits().await, 3);
    for body in
        [r#"{"data":[]}"#, r#"{"data":[{"embedding":[0,0]},{"embedding":[1,0]}]}"#, r#"{"data":[{"embedding":"x"}]}"#]
    {
        bench.always(Act { body: Some(body.into()), ..Act::default() }).await;
        assert_eq!(embedder.embed(&texts(2)).await.unwrap_err().kind, ModelErrorKind::Garbled, "{body}");
    }
    bench.always(Act { body: Some(r#"{"data":[{"embedding":[3,4]}]}"#.into()), ..Act::default() }).await;
    assert_eq!(embedder.embed(&texts(1)).await.unwrap(), [vec![0.6, 0.8]], "lists are read, too");
}

#[tokio::test]
async fn without_configuration_the_local_one_is_used() {
    let bench = Bench::new(ProviderKind::OpenAi).await;
    let embedder = bench.models.embedder();
    assert!(embedder.name().starts_with("local/"));
    assert_eq!(embedder.embed(&texts(2)).await.unwrap()[0].len(), 384);
    assert_eq!(bench.visits().await, 0);
}
