//! What stays behind when things go wrong: nothing (GTW-11, GTW-13, GTW-32). `QUORATE_FAULTS=10000` for as many of each as
//! the measurement of `bench gateway --scenarios faults` takes.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use quorate_testkit::models::Outcome;
use tokio::runtime::Handle;

use super::*;
use crate::keys::{Key, ask, unlimited, until, with_model};

/// Callers at a time.
const CALLERS: usize = 16;

fn times() -> usize {
    std::env::var("QUORATE_FAULTS").ok().and_then(|times| times.parse().ok()).unwrap_or(64)
}

/// How a caller meets the fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaves {
    Never,
    Waiting,
    Reading,
}

fn faults() -> Vec<(&'static str, Act, bool, Leaves)> {
    let long = json!("word ".repeat(400));
    let status = |status| Act { status: Some(status), ..Act::default() };
    let said = Act { content: Some(long), ..Act::default() };
    let garbage =
        Act { body: Some("<html>busy</html>".into()), content_type: Some("text/html".into()), ..Act::default() };
    vec![
        ("429", Act { retry_after: Some("1".into()), ..status(429) }, false, Leaves::Never),
        ("500", status(500), true, Leaves::Never),
        ("529", status(529), false, Leaves::Never),
        ("slow", Act { delay_ms: Some(20), ..Act::default() }, false, Leaves::Never),
        ("garbage", garbage, false, Leaves::Never),
        ("a cut stream", Act { cut_after_bytes: Some(1_000), ..said.clone() }, true, Leaves::Never),
        (
            "an error in the stream",
            Act { stream_error: Some("overloaded_error".into()), ..said.clone() },
            true,
            Leaves::Never,
        ),
        ("no answer", Act { hang: true, ..Act::default() }, false, Leaves::Waiting),
        ("no end", Act { hang_after_bytes: Some(1_000), ..said }, true, Leaves::Reading),
    ]
}

/// Of tasks, calls upstream, places of the key, and money that was set aside.
#[tokio::test]
async fn nothing_stays_behind_after_faults() {
    let models = ScriptedModels::start().await.unwrap();
    // More requests than a plan allows in a minute, or in a month.
    let builder = with_model(TestDatabase::sqlite().unwrap(), &models);
    let app = builder.configure(|config| config.limits.by_plan = false).start().await;
    let ada = app.user("ada@example.com").await;
    unlimited(&ada).await;
    // Just enough of both for all callers at a time: a single place or reservation that stayed would be missed.
    let limits = json!({ "max_concurrency": CALLERS, "monthly_budget_microusd": 4_000_000 });
    let key = Key::of(&ada, limits).await;
    let caller = key.at(&app);
    // A question that may cost a quarter of a dollar.
    let costly = json!({ "max_tokens": 4_000_000 / CALLERS - 1_000 });
    let all_at_once = async || {
        let mut body = costly.clone();
        merge(&mut body, json!({ "stream": true }));
        let asking = (0..CALLERS).map(|_| ask(&caller, CHAT, body.clone()));
        let answers = futures::future::join_all(asking).await;
        let status = answers.iter().map(|answer| answer.status().as_u16()).max().unwrap();
        for answer in answers {
            answer.text().await.unwrap();
        }
        status
    };
    models.script(&[Rule::always(says("Good"))]).await.unwrap();
    assert_eq!(all_at_once().await, 200);
    let connections = CALLERS * 4;
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let mut left = 0;
    for (name, act, streamed, leaves) in faults() {
        models.script(&[Rule::always(act)]).await.unwrap();
        let one = async |_| {
            let mut body = costly.clone();
            merge(&mut body, json!({ "stream": streamed }));
            let asking = ask(&caller, CHAT, body);
            if leaves == Leaves::Waiting {
                let _ = tokio::time::timeout(Duration::from_millis(30), asking).await;
                return;
            }
            let answer = asking.await;
            let mut pieces = answer.bytes_stream();
            while let Some(piece) = pieces.next().await {
                if piece.is_err() || leaves == Leaves::Reading {
                    return;
                }
            }
        };
        stream::iter(0..times()).map(one).buffer_unordered(CALLERS).collect::<Vec<()>>().await;
        // Comes back when no call is open upstream.
        let visits = models.settled_journal().await.unwrap();
        let now_left = visits.iter().filter(|visit| visit.outcome == Outcome::ClientLeft).count();
        assert_eq!(now_left > left, leaves != Leaves::Never, "{name}");
        left = now_left;
        models.script(&[Rule::always(says("Good"))]).await.unwrap();
        until(&format!("every place and all money is there after {name}"), async || all_at_once().await == 200).await;
        // Connections that are kept have tasks of their own.
        until(&format!("no task stays after {name}"), async || tasks() <= before + connections).await;
    }
}
