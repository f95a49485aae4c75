//! What goes wrong upstream.

use std::time::Duration;

use quorate_models::{Ending, ModelErrorKind};
use quorate_testkit::models::{Act, Outcome, Rule};

use super::books::Books;
use super::table::CHAT;
use super::{MIDDLE, ask, fails, long, question};

#[tokio::test]
async fn a_rate_limit_is_told_with_its_wait_and_waited_out() {
    for row in &CHAT {
        let act = Act { status: Some(429), retry_after: Some("1".into()), ..Act::default() };
        let bench = row.bench().await;
        bench.always(act.clone()).await;
        let failure = ask(&bench, row.format, &question(true)).await.err().unwrap();
        let retry_after = Some(Duration::from_secs(1));
        assert_eq!(failure.error.kind, ModelErrorKind::RateLimited { retry_after }, "{}", row.name);
        let refusal = failure.refusal.map(|refusal| (refusal.status.as_u16(), refusal.headers["retry-after"].clone()));
        assert_eq!(
            refusal.is_some(),
            row.native,
            "{}: the provider's own words, where they are the caller's",
            row.name
        );
        assert!(refusal.is_none_or(|(status, wait)| status == 429 && wait == "1"));

        let bench = row.tuned(|config| config.retries.attempts = 2).await;
        bench.script(&[Rule::always(act).times(1)]).await;
        let answer = ask(&bench, row.format, &question(true)).await.unwrap();
        assert_eq!(answer.attempts, 2);
        answer.said.unwrap();
        let journal = bench.server.journal().await.unwrap();
        assert!(journal[1].at - journal[0].at >= chrono::TimeDelta::seconds(1), "{}: not before its time", row.name);
    }
}

#[tokio::test]
async fn a_server_that_fails_is_unavailable() {
    for row in &CHAT {
        for status in [500, 503, 529] {
            let bench = row.bench().await;
            let books = Books::keep(&bench);
            bench.always(Act { status: Some(status), ..Act::default() }).await;
            let failure = ask(&bench, row.format, &question(false)).await.err().unwrap();
            assert_eq!(failure.error.kind, ModelErrorKind::Unavailable, "{} {status}", row.name);
            assert_eq!(books.last().status, Some(status));
            assert_eq!(books.last().ending, Ending::Failed(ModelErrorKind::Unavailable));
        }
    }
}

#[tokio::test]
async fn garbage_is_never_an_answer() {
    let garbage = [
        ("<html><body>Welcome to the hotel's network</body></html>\n", "text/html", false),
        ("{\"unexpected\": tru", "application/json", false),
        ("<html>\n<body>\n", "text/event-stream", true),
        ("data: {\"choices\": [{\n\ndata: [DONE]\n\n", "text/event-stream", true),
        ("event: nothing\ndata: {}\n\n", "text/event-stream", true),
    ];
    for row in &CHAT {
        let bench = row.bench().await;
        for (body, kind, stream) in garbage {
            let act = Act { body: Some(body.into()), content_type: Some(kind.into()), ..Act::default() };
            bench.always(act).await;
            for format in row.callers() {
                fails(&bench, format, &question(stream)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_cut_stream_is_an_error_and_never_an_end() {
    for row in &CHAT {
        for cleanly in [false, true] {
            let bench = row.bench().await;
            let books = Books::keep(&bench);
            let cut = Some(MIDDLE);
            bench
                .always(Act { content: Some(long()), cut_after_bytes: cut, cut_cleanly: cleanly, ..Act::default() })
                .await;
            for format in row.callers() {
                let answer = ask(&bench, format, &question(true)).await.unwrap();
                let told = String::from_utf8_lossy(&answer.bytes).into_owned();
                assert!(answer.said.is_err(), "{} {format:?} {cleanly}", row.name);
                assert!(told.contains("word") && told.contains("error"), "{} {format:?}: {told}", row.name);
                assert!(!told.contains("[DONE]") && !told.contains("message_stop"), "{} {format:?}", row.name);
                let record = books.last();
                assert_eq!(record.ending, Ending::Failed(ModelErrorKind::Cut), "{} {format:?}", row.name);
                assert!(record.usage.is_some(), "{}: what came is counted", row.name);
            }
            let journal = bench.server.settled_journal().await.unwrap();
            assert!(journal.iter().all(|visit| visit.outcome == Outcome::Cut));
        }
    }
}

#[tokio::test]
async fn an_error_inside_a_stream_reaches_the_caller_as_one() {
    for row in &CHAT {
        let bench = row.bench().await;
        bench
            .always(Act { content: Some(long()), stream_error: Some("overloaded_error".into()), ..Act::default() })
            .await;
        for format in row.callers() {
            fails(&bench, format, &question(true)).await;
        }
    }
}
