//! A route's deadline and its hedging, for calls that are relayed.

use std::sync::Mutex;

use async_trait::async_trait;
use quorate_kernel::MicroUsd;
use quorate_models::{
    AttemptRecord, Caller, Ending, Ledger, ModelErrorKind, ModelsConfig, ProviderKind, Reserved, RouteConfig,
    SpendRefused,
};
use quorate_testkit::models::{Act, Match, Outcome, Rule};

use super::books::Books;
use super::table::{CHAT, Row};
use super::{MIDDLE, PATIENCE, ask, long, question, text};
use crate::Bench;

/// For requests to the model `m` alone.
fn for_m(act: Act) -> Rule {
    Rule { matching: Match { model: Some("m".into()), ..Match::default() }, act, times: None }
}

async fn two_targets(row: &Row, tune: impl FnOnce(&mut ModelsConfig)) -> Bench {
    row.tuned(|config| {
        config.routes[0].targets.push("p/second".into());
        tune(config);
    })
    .await
}

#[tokio::test]
async fn a_deadline_holds_before_the_first_byte() {
    for row in &CHAT {
        let bench = two_targets(row, |config| config.routes[0].deadline = Some(0.3)).await;
        bench.always(Act { hang: true, ..Act::default() }).await;
        for stream in [false, true] {
            let asked = tokio::time::timeout(PATIENCE, ask(&bench, row.format, &question(stream))).await.unwrap();
            let failure = asked.err().unwrap();
            assert_eq!(failure.error.kind, ModelErrorKind::Timeout, "{} {stream}", row.name);
            assert_eq!(failure.attempts, 1, "{}: nobody else is asked when there is no time left", row.name);
        }
        let journal = bench.server.settled_journal().await.unwrap();
        assert!(journal.iter().all(|visit| visit.outcome == Outcome::ClientLeft), "{}", row.name);
    }
}

#[tokio::test]
async fn a_deadline_ends_a_stream_with_an_error() {
    for row in [&CHAT[0], &CHAT[2], &CHAT[3]] {
        let bench = row.tuned(|config| config.routes[0].deadline = Some(3.0)).await;
        bench.always(Act { content: Some(long()), hang_after_bytes: Some(MIDDLE), ..Act::default() }).await;
        for format in row.callers() {
            let asked = tokio::time::timeout(PATIENCE, ask(&bench, format, &question(true))).await.unwrap();
            let answer = asked.unwrap();
            let told = String::from_utf8_lossy(&answer.bytes).into_owned();
            assert!(answer.said.is_err() && told.contains("word"), "{} {format:?}: {told}", row.name);
            assert!(told.contains("longer than allowed"), "{} {format:?}: {told}", row.name);
        }
        let journal = bench.server.settled_journal().await.unwrap();
        assert!(journal.iter().all(|visit| visit.outcome == Outcome::ClientLeft), "{}", row.name);
    }
}

#[tokio::test]
async fn a_hurried_caller_says_nothing_about_the_target() {
    let row = &CHAT[0];
    let bench = two_targets(row, |config| {
        let mut hurried = RouteConfig::new("hurried", ["p/m"]);
        hurried.deadline = Some(0.1);
        config.routes.push(hurried);
    })
    .await;
    bench.script(&[for_m(Act { hang: true, ..Act::default() }).times(8)]).await;
    for _ in 0..8 {
        let mut body = quorate_formats::write_request(row.format, &question(false));
        body["model"] = "hurried".into();
        assert!(super::ask_body(&bench, row.format, &body).await.is_err());
    }
    // Were it held for down, the route's second target would be asked first.
    let journal = bench.server.settled_journal().await.unwrap();
    assert!(journal.iter().all(|visit| visit.outcome == Outcome::ClientLeft));
    bench.script(&[]).await;
    ask(&bench, row.format, &question(false)).await.unwrap().said.unwrap();
    assert_eq!(bench.server.journal().await.unwrap().last().unwrap().model, "m");
}

#[tokio::test]
async fn a_slow_target_is_hedged_and_the_sooner_answer_taken() {
    for row in &CHAT {
        for stream in [false, true] {
            let bench = two_targets(row, |config| config.routes[0].hedge_after = Some(0.05)).await;
            let books = Books::keep(&bench);
            bench.script(&[for_m(Act { hang: true, ..Act::default() })]).await;
            let asked = tokio::time::timeout(PATIENCE, ask(&bench, row.format, &question(stream))).await.unwrap();
            let answer = asked.unwrap();
            assert_eq!(answer.attempts, 2, "{} {stream}", row.name);
            assert!(!text(&answer.said.unwrap()).is_empty());
            let journal = bench.server.settled_journal().await.unwrap();
            let told: Vec<(&str, Outcome)> =
                journal.iter().map(|visit| (visit.model.as_str(), visit.outcome)).collect();
            assert_eq!(told, [("m", Outcome::ClientLeft), ("second", Outcome::Answered)], "{} {stream}", row.name);
            let mut endings = books.endings();
            endings.sort_unstable_by_key(|(number, _)| *number);
            assert_eq!(endings, [(1, Ending::Cancelled), (2, Ending::Answered)], "{} {stream}", row.name);
        }
    }
}

#[tokio::test]
async fn a_hedge_that_fails_leaves_the_first_to_answer() {
    let bench = two_targets(&CHAT[0], |config| config.routes[0].hedge_after = Some(0.05)).await;
    let slow = Act { delay_ms: Some(700), ..Act::default() };
    let broken = Rule::always(Act { status: Some(500), ..Act::default() });
    bench.script(&[for_m(slow), broken]).await;
    let answer = ask(&bench, CHAT[0].format, &question(true)).await.unwrap();
    answer.said.unwrap();
    assert_eq!(answer.attempts, 1);
}

/// Has money for one call at a time.
struct Tight(Mutex<u32>);

#[async_trait]
impl Ledger for Tight {
    async fn reserve(&self, _: &Caller, _: MicroUsd) -> Result<Reserved, SpendRefused> {
        let mut left = self.0.lock().unwrap();
        if *left == 0 {
            return Err(SpendRefused::BudgetExceeded { scope: "key", left: MicroUsd::ZERO });
        }
        *left -= 1;
        Ok(Reserved::none())
    }

    fn record(&self, _: AttemptRecord) {}
}

#[tokio::test]
async fn who_cannot_pay_for_two_waits_for_the_first() {
    let bench = two_targets(&CHAT[0], |config| config.routes[0].hedge_after = Some(0.05)).await;
    bench.models.keep_accounts(std::sync::Arc::new(Tight(Mutex::new(1))));
    bench.script(&[for_m(Act { delay_ms: Some(400), ..Act::default() })]).await;
    let answer = ask(&bench, CHAT[0].format, &question(false)).await.unwrap();
    assert_eq!(answer.attempts, 1);
    assert_eq!(bench.visits().await, 1, "the second target was never asked");
}

#[test]
fn a_deadline_that_is_none_is_refused() {
    let provider = quorate_models::ProviderConfig::new("p", ProviderKind::OpenAiCompatible).at("http://127.0.0.1:9/v1");
    let mut config = crate::config(vec![provider], &["p/m"]);
    config.routes[0].deadline = Some(0.0);
    let clock = std::sync::Arc::new(quorate_kernel::SystemClock);
    let ids = std::sync::Arc::new(quorate_kernel::SystemIds);
    let error = quorate_models::Models::new(&config, clock, ids).err().unwrap();
    assert_eq!(error.key, "models.routes.default.deadline");
}
