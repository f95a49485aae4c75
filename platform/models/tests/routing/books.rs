//! What the ledger is told of each attempt.

use std::sync::Arc;

use futures::StreamExt;
use quorate_kernel::MicroUsd;
use quorate_models::offline::FaultKind;
use quorate_models::{ChatEvent, Ending, ModelErrorKind, Models, ModelsConfig};

use crate::{Books, ask, config, models, provider, question};

fn kept(config: &ModelsConfig, books: Books) -> (Models, Arc<Books>) {
    let books = Arc::new(books);
    let models = models(config);
    models.keep_accounts(Arc::clone(&books) as _);
    (models, books)
}

/// What a call of a million-token price costs by the tokens.
fn cost(input: u64, output: u64) -> MicroUsd {
    MicroUsd(i64::try_from(input + output * 10).unwrap())
}

#[tokio::test]
async fn every_attempt_is_reserved_settled_and_recorded() {
    let fails = provider("a", 0.0, &[(FaultKind::Unavailable, 3)]);
    let (models, books) = kept(&config(vec![fails, provider("b", 0.0, &[])]), Books::default());
    let answer = ask(&models).await.unwrap();
    let records = books.records.lock().unwrap();
    let told: Vec<_> = records.iter().map(|one| (one.number, one.target.as_str(), one.ending.clone())).collect();
    let failed = || Ending::Failed(ModelErrorKind::Unavailable);
    assert_eq!(
        told,
        [(1, "a/demo", failed()), (2, "a/demo", failed()), (3, "a/demo", failed()), (4, "b/demo", Ending::Answered)]
    );
    assert_eq!(records[3].usage, Some(answer.usage));
    assert_eq!(records[3].cost, answer.cost);
    assert!(records[3].first_token.is_some() && records[0].first_token.is_none());
    assert_eq!((records[0].cost, records[0].usage), (Some(MicroUsd::ZERO), None), "a refusal costs nothing");
    assert_eq!((records[3].route.as_str(), records[3].caller.request_id.as_str()), ("default", "session-1"));
    // "Should we move to Lisbon?" is 25 characters: 7 tokens; the answer at most 500.
    assert_eq!(*books.reserved.lock().unwrap(), [cost(7, 500); 4]);
    let none = MicroUsd::ZERO;
    assert_eq!(*books.settled.lock().unwrap(), [none, none, none, answer.cost.unwrap()]);
}

#[tokio::test]
async fn who_may_not_spend_is_refused_before_anybody_is_asked() {
    let (models, books) = kept(
        &config(vec![provider("a", 0.0, &[]), provider("b", 0.0, &[])]),
        Books { refuse: true, ..Books::default() },
    );
    let error = models.chat("default", question()).await.unwrap_err();
    assert!(matches!(error.kind, ModelErrorKind::SpendRefused(_)), "{error}");
    assert!(books.records.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_cut_stream_costs_what_was_seen_of_it() {
    let (models, books) = kept(&config(vec![provider("a", 0.0, &[(FaultKind::Cut, 1)])]), Books::default());
    let mut events = models.chat("default", question()).await.unwrap().events;
    let mut seen = 0;
    while let Some(Ok(event)) = events.next().await {
        if let ChatEvent::Text(piece) = event {
            seen += piece.chars().map(|one| if one.is_ascii() { 1 } else { 4 }).sum::<u64>();
        }
    }
    let records = books.records.lock().unwrap();
    assert!(seen > 0);
    assert_eq!((records.len(), &records[0].ending), (1, &Ending::Failed(ModelErrorKind::Cut)));
    assert_eq!((records[0].cost, records[0].usage), (Some(cost(7, seen.div_ceil(4))), None));
    assert_eq!(*books.settled.lock().unwrap(), [records[0].cost.unwrap()]);
}

#[tokio::test]
async fn a_caller_who_leaves_is_recorded_and_pays_what_came() {
    let (models, books) = kept(&config(vec![provider("a", 200.0, &[])]), Books::default());
    let mut events = models.chat("default", question()).await.unwrap().events;
    assert!(matches!(events.next().await, Some(Ok(ChatEvent::Text(_)))));
    assert!(books.records.lock().unwrap().is_empty());
    drop(events);
    let records = books.records.lock().unwrap();
    assert_eq!((records.len(), &records[0].ending), (1, &Ending::Cancelled));
    assert!(records[0].cost.unwrap() > cost(7, 0) && records[0].cost.unwrap() < cost(7, 500));
}

#[tokio::test]
async fn the_loser_of_a_hedge_is_recorded_as_cancelled() {
    let mut config = config(vec![provider("a", 0.0, &[(FaultKind::Timeout, 1)]), provider("b", 0.0, &[])]);
    config.routes[0].hedge_after = Some(0.02);
    let (models, books) = kept(&config, Books::default());
    ask(&models).await.unwrap();
    let records = books.records.lock().unwrap();
    let told: Vec<_> = records.iter().map(|one| (one.number, one.ending.clone())).collect();
    assert_eq!(told, [(1, Ending::Cancelled), (2, Ending::Answered)]);
    assert_eq!(books.settled.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_free_is_recorded_as_free_and_nobody_pays_without_a_caller() {
    let mut config = config(vec![provider("a", 0.0, &[])]);
    config.prices.clear();
    let (models, books) = kept(&config, Books::default());
    ask(&models).await.unwrap();
    // The offline model is free, and that is known.
    assert_eq!(books.records.lock().unwrap()[0].cost, Some(MicroUsd::ZERO));
    let mut request = question();
    request.caller = None;
    models.chat("default", request).await.unwrap().collect(|_| {}).await.unwrap();
    assert_eq!(books.records.lock().unwrap().len(), 1, "nobody keeps account of a call without a caller");
}
