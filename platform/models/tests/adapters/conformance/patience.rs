//! Silence, and callers who leave: nothing is waited for in vain, and nothing goes on upstream.

use http_body_util::BodyExt;
use quorate_formats::write_request;
use quorate_models::ModelErrorKind;
use quorate_testkit::models::{Act, Outcome};

use super::table::CHAT;
use super::{MIDDLE, PATIENCE, ask, begin, long, question};

#[tokio::test]
async fn silence_is_a_time_out() {
    for row in &CHAT {
        for stream in [false, true] {
            let bench = row
                .tuned(|config| {
                    config.timeouts.first_token = 0.3;
                    config.timeouts.total = 0.3;
                })
                .await;
            bench.always(Act { hang: true, ..Act::default() }).await;
            let asked = tokio::time::timeout(PATIENCE, ask(&bench, row.format, &question(stream))).await.unwrap();
            assert_eq!(asked.err().unwrap().error.kind, ModelErrorKind::Timeout, "{} {stream}", row.name);
            let journal = bench.server.settled_journal().await.unwrap();
            assert_eq!(journal[0].outcome, Outcome::ClientLeft, "{} {stream}", row.name);
        }
    }
}

#[tokio::test]
async fn a_stream_that_falls_silent_ends_in_an_error() {
    for row in &CHAT {
        let bench = row.tuned(|config| config.timeouts.idle = 0.3).await;
        bench.always(Act { content: Some(long()), hang_after_bytes: Some(MIDDLE), ..Act::default() }).await;
        for format in row.callers() {
            let asked = tokio::time::timeout(PATIENCE, ask(&bench, format, &question(true))).await.unwrap();
            let answer = asked.unwrap();
            assert!(answer.said.is_err(), "{} {format:?}", row.name);
            assert!(String::from_utf8_lossy(&answer.bytes).contains("error"), "{} {format:?}", row.name);
        }
        let journal = bench.server.settled_journal().await.unwrap();
        assert!(journal.iter().all(|visit| visit.outcome == Outcome::ClientLeft), "{}", row.name);
    }
}

#[tokio::test]
async fn a_caller_who_leaves_closes_the_call_upstream() {
    for row in &CHAT {
        let bench = row.bench().await;
        // In the middle of a stream that would go on for ever.
        bench.always(Act { content: Some(long()), hang_after_bytes: Some(MIDDLE), ..Act::default() }).await;
        for format in row.callers() {
            let body = write_request(format, &question(true));
            let mut relayed = begin(&bench, format, &body).await.unwrap();
            assert!(relayed.body.frame().await.is_some(), "{} {format:?}", row.name);
            drop(relayed);
        }
        // Before anything came, streamed or not.
        bench.always(Act { hang: true, ..Act::default() }).await;
        for stream in [false, true] {
            let body = write_request(row.format, &question(stream));
            let before = bench.visits().await;
            let waiting = begin(&bench, row.format, &body);
            tokio::select! {
                answered = waiting => panic!("{}: {:?}", row.name, answered.map(|relayed| relayed.target)),
                () = async { while bench.visits().await == before { tokio::task::yield_now().await } } => {}
            }
        }
        // The server sees the connection close.
        let journal = bench.server.settled_journal().await.unwrap();
        let outcomes: Vec<Outcome> = journal.iter().map(|visit| visit.outcome).collect();
        assert_eq!(outcomes, vec![Outcome::ClientLeft; 5], "{}", row.name);
    }
}
