//! Live streams (BRD-23): every event exactly once and in order, over either way, across interruptions and nodes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use futures::StreamExt;
use quorate_testkit::databases::{POSTGRES, run_on};
use quorate_testkit::on_both_databases;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::app::PATIENCE;
use crate::board::{LISBON, of_type, quick};
use crate::{TestApp, User};

/// A reader over SSE.
struct Sse {
    response: reqwest::Response,
    text: Vec<u8>,
    ready: VecDeque<Value>,
}

/// Where a reader goes on.
#[derive(Clone, Copy)]
enum Since {
    Start,
    Header(i64),
    Query(i64),
}

impl Sse {
    /// Opens the stream; none when nothing will follow.
    async fn open(user: &User<'_>, id: &str, from: Since) -> Option<Self> {
        let query = if let Since::Query(after) = from { format!("?after={after}") } else { String::new() };
        let mut request = user.app.http().get(user.app.url(&format!("/api/v1/sessions/{id}/stream{query}")));
        request = request.bearer_auth(user.token.as_deref().unwrap()).header("accept", "text/event-stream");
        if let Since::Header(last) = from {
            request = request.header("last-event-id", last.to_string());
        }
        let response = request.send().await.unwrap();
        if response.status() == 204 {
            return None;
        }
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Some(Self { response, text: Vec::new(), ready: VecDeque::new() })
    }

    /// The next event; none at the end of the stream.
    async fn next(&mut self) -> Option<Value> {
        let next = async {
            loop {
                if let Some(event) = self.ready.pop_front() {
                    return Some(event);
                }
                let chunk = self.response.chunk().await.unwrap()?;
                self.text.extend_from_slice(&chunk);
                while let Some(end) = self.text.windows(2).position(|pair| pair == b"\n\n") {
                    let block: Vec<u8> = self.text.drain(..end + 2).collect();
                    self.ready.extend(event_of(std::str::from_utf8(&block).unwrap()));
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("the stream goes on or ends")
    }

    async fn rest(mut self) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// The event in a block of SSE; none in a heartbeat or an opening.
fn event_of(block: &str) -> Option<Value> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let event: Value = serde_json::from_str(field("data")?).unwrap();
    assert_eq!(field("id").unwrap(), event["sequence"].to_string());
    assert_eq!(field("event").unwrap(), event["type"]);
    Some(event)
}

/// Every event over a WebSocket, and how it was closed.
async fn web_socket(user: &User<'_>, id: &str, after: i64) -> (Vec<Value>, Option<CloseCode>) {
    let url = user.app.url(&format!("/api/v1/sessions/{id}/stream?after={after}")).replace("http://", "ws://");
    let mut request = url.into_client_request().unwrap();
    let bearer = format!("Bearer {}", user.token.as_deref().unwrap());
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let mut events = Vec::new();
    let all = async {
        while let Some(message) = socket.next().await {
            match message.unwrap() {
                Message::Text(text) => events.push(serde_json::from_str(&text).unwrap()),
                Message::Close(frame) => return frame.map(|frame| frame.code),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
        None
    };
    let code = tokio::time::timeout(PATIENCE, all).await.expect("the socket goes on or closes");
    (events, code)
}

/// Reads a whole session, coming back after every `each` events with the id of the last one.
async fn in_pieces(user: &User<'_>, id: &str, each: usize, by_header: bool) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    loop {
        let last = events.last().map_or(0, |event| event["sequence"].as_i64().unwrap());
        let from = if by_header { Since::Header(last) } else { Since::Query(last) };
        let Some(mut stream) = Sse::open(user, id, from).await else { return events };
        for _ in 0..each {
            match stream.next().await {
                Some(event) => events.push(event),
                None => break,
            }
        }
    }
}

fn sequences(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["sequence"].as_i64().unwrap()).collect()
}

/// A session that talks, with pieces of contributions in its log.
fn talking() -> Value {
    json!({ "tokens_per_second": 2_500.0 })
}

on_both_databases! {
    async fn both_ways_tell_the_same_story(database: TestDatabase) {
        let app = TestApp::builder(database).offline(&talking()).start().await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&quick()).await;
        let sse = Sse::open(&ada, &id, Since::Start).await.unwrap();
        let (sse, (socket, code), ()) = tokio::join!(sse.rest(), web_socket(&ada, &id, 0), ada.start(&id));
        assert_eq!(code, Some(CloseCode::Normal));
        let log = ada.events(&id).await;
        assert_eq!(log.last().unwrap()["type"], "session.completed");
        assert_eq!(sequences(&sse), sequences(&log));
        assert_eq!(sse, log);
        assert_eq!(socket, log);
        // Of a session that is over, the very same.
        assert_eq!(Sse::open(&ada, &id, Since::Start).await.unwrap().rest().await, log);
        let (again, code) = web_socket(&ada, &id, 0).await;
        assert_eq!((sequences(&again), code), (sequences(&log), Some(CloseCode::Normal)));
        assert_eq!(again, log);

        let last = i64::try_from(log.len()).unwrap();
        for from in [Since::Header(last), Since::Query(last), Since::Query(last + 1_000)] {
            assert!(Sse::open(&ada, &id, from).await.is_none(), "nothing will follow");
        }
        assert_eq!(web_socket(&ada, &id, last).await, (Vec::new(), Some(CloseCode::Normal)));
        envelope(&id, &log);
        pieces_are_of_the_whole(&log);
    }

    async fn readers_who_come_back_see_every_event_once(database: TestDatabase) {
        let app = TestApp::builder(database).offline(&talking()).start().await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&quick()).await;
        let readers = [(1, true), (2, false), (5, true), (23, false)];
        let readers = readers.map(|(each, by_header)| in_pieces(&ada, &id, each, by_header));
        let (stories, ()) = tokio::join!(futures::future::join_all(readers), ada.start(&id));
        let log = ada.events(&id).await;
        for story in stories {
            assert_eq!(sequences(&story), sequences(&log));
            assert_eq!(story, log);
        }
        // Cut off after each single event, and read on to the end.
        for cut in 0..log.len() {
            let after = i64::try_from(cut).unwrap();
            let from = if cut % 2 == 0 { Since::Header(after) } else { Since::Query(after) };
            let mut rest = Sse::open(&ada, &id, from).await.unwrap();
            assert_eq!(rest.next().await.as_ref(), log.get(cut), "after {cut}");
            if cut % 10 == 0 {
                assert_eq!(rest.rest().await, log[cut + 1..], "after {cut}");
            }
        }
    }

    async fn fifty_readers_see_the_same(database: TestDatabase) {
        let app = TestApp::builder(database).offline(&talking()).start().await;
        let ada = app.user("ada@example.com").await;
        let id = ada.session(&quick()).await;
        let readers = futures::future::join_all((0..50).map(|number| {
            let (ada, id) = (ada.clone(), id.clone());
            async move {
                // They come one after another, some while the board is at work.
                tokio::time::sleep(Duration::from_millis(number * 20)).await;
                if number % 2 == 0 {
                    Sse::open(&ada, &id, Since::Start).await.unwrap().rest().await
                } else {
                    web_socket(&ada, &id, 0).await.0
                }
            }
        }));
        let (stories, ()) = tokio::join!(readers, ada.start(&id));
        let log = ada.events(&id).await;
        assert_eq!(stories.len(), 50);
        for story in stories {
            assert_eq!(sequences(&story), sequences(&log));
        }
    }

    async fn a_reader_who_does_not_read_holds_nobody_up(database: TestDatabase) {
        let app = TestApp::builder(database).offline(&talking()).start().await;
        let ada = app.user("ada@example.com").await;
        let body = json!({ "problem_statement": LISBON, "mode": "standard", "max_rounds": 1 });
        let alone = Instant::now();
        ada.deliberate(&body).await;
        let alone = alone.elapsed();

        let id = ada.session(&body).await;
        let mut stuck = Vec::new();
        for _ in 0..10 {
            stuck.push(unread(&ada, &id).await);
        }
        let watched = Instant::now();
        let reader = Sse::open(&ada, &id, Since::Start).await.unwrap();
        let (story, ()) = tokio::join!(reader.rest(), ada.start(&id));
        let watched = watched.elapsed();
        assert_eq!(ada.finished(&id).await["status"], "completed");
        assert_eq!(story, ada.events(&id).await);
        assert!(watched < alone * 2 + Duration::from_secs(3), "{watched:?} with stuck readers, {alone:?} without");
        drop(stuck);
    }

    async fn nothing_shows_money_or_thinking(database: TestDatabase) {
        let app = TestApp::builder(database)
            .configure(|config| {
                let price = json!({ "model": "offline/demo", "input": 0.5, "output": 2.0 });
                config.models.prices.push(serde_json::from_value(price).unwrap());
            })
            .start()
            .await;
        let ada = app.user("ada@example.com").await;
        let mut body = quick();
        body["cost_ceiling_usd"] = json!(3.5);
        let id = ada.session(&body).await;
        ada.start(&id).await;
        ada.finished(&id).await;
        let at = |path: &str| format!("/api/v1/sessions/{id}{path}");
        let mut seen = BTreeSet::new();
        for path in [
            at(""), at("/contributions"), at("/votes"), at("/report"), at("/events?limit=1000"), at("/export?format=json"),
            // The list of models is left out: what its catalogue tells are the providers' public prices.
            "/api/v1/sessions".into(), "/api/v1/personas".into(), "/api/v1/users/me".into(),
        ] {
            let reply = ada.get(&path).await;
            assert_eq!(reply.status, 200, "{path}");
            keys(&reply.body, &mut seen);
        }
        for event in Sse::open(&ada, &id, Since::Start).await.unwrap().rest().await {
            keys(&event, &mut seen);
        }
        let told: Vec<&String> = seen
            .iter()
            .filter(|key| ["cost", "thinking", "price", "usd", "micro", "spent", "epoch"].iter().any(|word| key.contains(word)))
            .collect();
        assert!(told.is_empty(), "{told:?}");
        assert!(seen.contains("tokens_out") && seen.contains("vote_distribution"), "{seen:?}");
    }
}

/// All keys of objects in a document.
fn keys(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                into.insert(key.clone());
                keys(value, into);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, into)),
        _ => {}
    }
}

/// A connection that asked for the stream and takes nothing of it.
async fn unread(user: &User<'_>, id: &str) -> tokio::net::TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(2_048).unwrap();
    let address = user.app.url("").trim_start_matches("http://").parse().unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let token = user.token.as_deref().unwrap();
    let request = format!(
        "GET /api/v1/sessions/{id}/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\naccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Every event has the same shape, and no number is missing or there twice.
fn envelope(id: &str, log: &[Value]) {
    let all: Vec<i64> = (1..=i64::try_from(log.len()).unwrap()).collect();
    assert_eq!(sequences(log), all);
    let mut before = String::new();
    for event in log {
        let keys: BTreeSet<&str> = event.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, BTreeSet::from(["type", "session_id", "sequence", "timestamp", "version", "data"]), "{event}");
        assert_eq!((&event["session_id"], &event["version"]), (&json!(id), &json!(1)));
        assert!(event["data"].is_object() && event["type"].as_str().unwrap().contains('.'), "{event}");
        let time = event["timestamp"].as_str().unwrap().to_owned();
        assert!(time.ends_with('Z'), "{time}");
        before = time.max(before);
    }
    let terminal = |event: &&Value| {
        ["session.completed", "session.failed", "session.cancelled"].contains(&event["type"].as_str().unwrap())
    };
    assert_eq!(log.iter().filter(terminal).count(), 1);
}

/// What was streamed of a contribution is how it begins; a second start means that it began anew.
fn pieces_are_of_the_whole(log: &[Value]) {
    let mut heard: BTreeMap<String, String> = BTreeMap::new();
    let mut pieces = 0;
    for event in log {
        let data = &event["data"];
        let id = || data["contribution_id"].to_string();
        match event["type"].as_str().unwrap() {
            "contribution.started" => drop(heard.insert(id(), String::new())),
            "contribution.delta" => {
                pieces += 1;
                heard.get_mut(&id()).expect("it has started").push_str(data["text"].as_str().unwrap());
            }
            "contribution.recorded" => {
                let contribution = &data["contribution"];
                let content = contribution["content"].as_str().unwrap();
                if let Some(text) = heard.remove(&contribution["id"].to_string()) {
                    assert!(content.starts_with(text.trim()), "{text:?} is not how {content:?} begins");
                }
            }
            _ => {}
        }
    }
    assert!(heard.is_empty(), "whoever started was recorded: {heard:?}");
    assert!(
        pieces >= of_type(log, "contribution.started").len(),
        "contributions come in pieces, not at once: {pieces}"
    );
}

/// One node works, the other is asked.
#[test]
fn a_stream_comes_from_any_node() {
    run_on(POSTGRES, async |database| {
        let works = TestApp::builder(database).offline(&talking()).start().await;
        let asked = works.beside().without_worker().start().await;
        let ada = works.user("ada@example.com").await;
        let there = User { app: &asked, token: ada.token.clone() };
        let id = ada.session(&quick()).await;
        let open = Sse::open(&there, &id, Since::Start).await.unwrap();
        let started = Instant::now();
        let (whole, pieces, (socket, _), ()) =
            tokio::join!(open.rest(), wandering(&ada, &there, &id), web_socket(&there, &id, 0), ada.start(&id));
        let took = started.elapsed();
        let log = ada.events(&id).await;
        for story in [&whole, &pieces, &socket] {
            assert_eq!(sequences(story), sequences(&log));
            assert_eq!(*story, log);
        }
        assert_eq!(there.events(&id).await, log);
        // By the database's notifications and not only by looking again every few seconds.
        let end: i64 = millis(&log.last().unwrap()["timestamp"]) - millis(&log[1]["timestamp"]);
        assert!(
            took < Duration::from_millis(u64::try_from(end).unwrap()) + Duration::from_secs(3),
            "{took:?} for {end} ms"
        );

        // What the other node is told, this one does.
        let id = there.session(&json!({ "problem_statement": LISBON, "mode": "deep" })).await;
        there.start(&id).await;
        there.saw(&id, |event| event["type"] == "contribution.delta").await;
        assert_eq!(there.turn(&id, "stop").await.status, 202);
        let session = there.finished(&id).await;
        assert_eq!(session["status"], "cancelled");
    });
}

fn millis(time: &Value) -> i64 {
    time.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_millis()
}

/// Comes back to the other node each time.
async fn wandering(one: &User<'_>, other: &User<'_>, id: &str) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    for visit in 0.. {
        let last = events.last().map_or(0, |event| event["sequence"].as_i64().unwrap());
        let node = if visit % 2 == 0 { one } else { other };
        let Some(mut stream) = Sse::open(node, id, Since::Header(last)).await else { break };
        for _ in 0..3 {
            events.extend(stream.next().await);
        }
    }
    events
}
