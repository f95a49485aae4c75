use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use axum::Router;
use axum::http::Request;
use axum::routing::get;
use futures::{SinkExt, StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{client_async, connect_async};
use utoipa_axum::routes;

use super::*;
use crate::sample::{Running, ask, middleware, start};
use crate::server::Patience;
use crate::{Access, Routes};

const SOON: Duration = Duration::from_secs(5);

fn event(sequence: i64, terminal: bool) -> LiveEvent {
    LiveEvent { sequence, kind: "tick".into(), json: format!(r#"{{"sequence":{sequence}}}"#).into(), terminal }
}

/// Three events, of which the last is terminal.
#[utoipa::path(get, path = "/ended", params(StreamQuery), responses((status = 200)))]
async fn ended(request: StreamRequest) -> Response {
    let after = request.after();
    if after >= 3 {
        return request.respond_finished();
    }
    request.respond(Box::pin(stream::iter((after + 1..=3).map(|sequence| event(sequence, sequence == 3)))))
}

/// Two hundred events at once, of which the last is terminal.
async fn many(request: StreamRequest) -> Response {
    request.respond(Box::pin(stream::iter((1..=200).map(|sequence| event(sequence, sequence == 200)))))
}

/// One event and then nothing.
async fn quiet(request: StreamRequest) -> Response {
    request.respond(Box::pin(stream::iter([event(1, false)]).chain(stream::once(pending()))))
}

/// Ends without a terminal event.
async fn broken(request: StreamRequest) -> Response {
    request.respond(Box::pin(stream::iter([event(1, false)])))
}

fn router(times: StreamTimes) -> Router {
    let (routes, _, _) = Routes::<()>::new().add(Access::SignedIn, routes!(ended)).into_parts();
    let mut middleware = middleware("http://localhost:8080");
    middleware.streams = times;
    middleware.wrap(
        routes
            .route("/open/ended", get(ended))
            .route("/many", get(many))
            .route("/quiet", get(quiet))
            .route("/broken", get(broken)),
    )
}

fn quick() -> StreamTimes {
    StreamTimes { heartbeat: Duration::from_millis(50), ..StreamTimes::default() }
}

async fn server(times: StreamTimes) -> Running {
    start(router(times), Duration::from_secs(3), Patience::default()).await
}

async fn send(running: &Running, path: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    timeout(SOON, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8(bytes).unwrap()
}

async fn until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.contains(wanted) {
        let count = timeout(SOON, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(count > 0, "ended before {wanted:?}: {text}");
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    text
}

#[tokio::test]
async fn sse_sends_ids_types_and_data_and_ends_after_the_terminal_event() {
    let running = server(StreamTimes::default()).await;
    let text = rest(send(&running, "/open/ended", "").await).await;
    for line in ["content-type: text/event-stream", "cache-control: no-cache", "x-accel-buffering: no"] {
        assert!(text.contains(line), "{text}");
    }
    let first = "retry: 1000\n\nid: 1\nevent: tick\ndata: {\"sequence\":1}\n\nid: 2\n";
    assert!(text.contains(first) && text.contains("id: 3\n") && text.ends_with("0\r\n\r\n"), "{text}");
}

#[tokio::test]
async fn a_reader_resumes_after_the_last_event_it_got() {
    let running = server(StreamTimes::default()).await;
    let text = rest(send(&running, "/open/ended?after=1", "accept: text/event-stream\r\n").await).await;
    assert!(!text.contains("id: 1\n") && text.contains("id: 2\n"), "{text}");
    let text = rest(send(&running, "/open/ended?after=0", "last-event-id: 2\r\n").await).await;
    assert!(!text.contains("id: 2\n") && text.contains("id: 3\n"), "{text}");
    let text = rest(send(&running, "/open/ended?after=3", "").await).await;
    assert!(text.starts_with("HTTP/1.1 204"), "{text}");
}

#[tokio::test]
async fn a_wrong_place_to_go_on_and_a_wrong_way_are_refused() {
    let router = router(StreamTimes::default());
    for (request, field) in [
        (Request::get("/open/ended?after=x"), "after"),
        (Request::get("/open/ended?after=-1"), "after"),
        (Request::get("/open/ended").header("last-event-id", "1.5"), "last-event-id"),
        (Request::get("/open/ended").header("accept", "application/json"), "accept"),
        (Request::get("/open/ended").header("upgrade", "websocket"), "upgrade"),
    ] {
        let (status, _, body) = ask(&router, request, "").await;
        assert_eq!((status, &body["error"]["details"][0]["field"]), (422, &field.into()), "{body}");
    }
}

#[tokio::test]
async fn sse_shows_that_it_lives_while_nothing_happens() {
    let running = server(quick()).await;
    let mut stream = send(&running, "/quiet", "").await;
    let text = until(&mut stream, "\n:\n\n").await;
    assert!(text.contains("id: 1\n"), "{text}");
}

#[tokio::test]
async fn websocket_sends_events_resumes_and_closes_after_the_terminal_one() {
    let running = server(StreamTimes::default()).await;
    let (mut socket, _) = connect_async(format!("ws://{}/open/ended?after=1", running.address)).await.unwrap();
    for sequence in [2, 3] {
        let message = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(message, Message::text(format!(r#"{{"sequence":{sequence}}}"#)));
    }
    assert_eq!(close_code(&mut socket).await, CloseCode::Normal);
    for (path, code) in [("/open/ended?after=3", CloseCode::Normal), ("/broken?after=1", CloseCode::Again)] {
        let (mut socket, _) = connect_async(format!("ws://{}{path}", running.address)).await.unwrap();
        assert_eq!(close_code(&mut socket).await, code);
    }
}

#[tokio::test]
async fn websocket_loses_nothing_between_two_batches() {
    let running = server(StreamTimes::default()).await;
    let (mut socket, _) = connect_async(format!("ws://{}/many", running.address)).await.unwrap();
    for sequence in 1..=200 {
        let message = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(message, Message::text(format!(r#"{{"sequence":{sequence}}}"#)));
    }
    assert_eq!(close_code(&mut socket).await, CloseCode::Normal);
}

type Socket<Io> = tokio_tungstenite::WebSocketStream<Io>;

async fn close_code<Io: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(socket: &mut Socket<Io>) -> CloseCode {
    loop {
        match timeout(SOON, socket.next()).await.unwrap() {
            Some(Ok(Message::Close(Some(frame)))) => return frame.code,
            Some(Ok(_)) => {}
            other => panic!("no close: {other:?}"),
        }
    }
}

#[tokio::test]
async fn websocket_pings_answers_a_close_and_refuses_large_frames() {
    let running = server(quick()).await;
    let connect = || connect_async(format!("ws://{}/quiet", running.address));
    let (mut socket, _) = connect().await.unwrap();
    socket.send(Message::text("ignored")).await.unwrap();
    assert!(matches!(timeout(SOON, socket.next()).await, Ok(Some(Ok(Message::Text(_))))));
    assert!(matches!(timeout(SOON, socket.next()).await, Ok(Some(Ok(Message::Ping(_))))));
    socket.close(None).await.unwrap();
    while let Some(message) = timeout(SOON, socket.next()).await.unwrap() {
        assert!(message.is_ok(), "{message:?}");
    }
    let (mut socket, _) = connect().await.unwrap();
    socket.send(Message::text("x".repeat(5000))).await.unwrap();
    let end = async {
        loop {
            match socket.next().await {
                Some(Ok(_)) => {}
                end => return end,
            }
        }
    };
    timeout(SOON, end).await.expect("the server hangs up");
}

#[tokio::test]
async fn a_peer_that_no_longer_answers_pings_is_dropped() {
    let running = server(quick()).await;
    let stream = TcpStream::connect(running.address).await.unwrap();
    let (socket, _) = client_async(format!("ws://{}/quiet", running.address), stream).await.unwrap();
    // Below the protocol nobody answers the pings.
    let mut silent = socket.into_inner();
    let mut bytes = Vec::new();
    timeout(SOON, silent.read_to_end(&mut bytes)).await.expect("the server hangs up").unwrap();
}

#[tokio::test]
async fn a_handshake_with_a_cookie_from_another_origin_is_refused() {
    let running = server(StreamTimes::default()).await;
    let handshake = |origin: &str| {
        let mut request =
            tungstenite::client::IntoClientRequest::into_client_request(format!("ws://{}/ended", running.address))
                .unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request.headers_mut().insert("cookie", "quorate_access=member".parse().unwrap());
        request
    };
    match connect_async(handshake("https://evil.example")).await {
        Err(tungstenite::Error::Http(response)) => assert_eq!(response.status().as_u16(), 403),
        other => panic!("{other:?}"),
    }
    assert!(connect_async(handshake("http://localhost:8080")).await.is_ok());
    assert!(connect_async(handshake(&format!("http://{}", running.address))).await.is_ok());
}

#[tokio::test]
async fn the_servers_end_ends_streams_at_once() {
    let running = server(StreamTimes::default()).await;
    let mut sse = send(&running, "/quiet", "").await;
    until(&mut sse, "id: 1\n").await;
    let (mut socket, _) = connect_async(format!("ws://{}/quiet", running.address)).await.unwrap();
    let _idle = TcpStream::connect(running.address).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().is_text());
    let begun = Instant::now();
    running.stop.cancel();
    assert!(rest(sse).await.ends_with("0\r\n\r\n"));
    assert_eq!(close_code(&mut socket).await, CloseCode::Away);
    while socket.next().await.is_some() {}
    timeout(SOON, running.served).await.expect("nothing is left open").unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn requests_under_way_finish_and_those_that_do_not_are_cut() {
    let slow = |millis| {
        get(move || async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            "done"
        })
    };
    let router = Router::new().route("/slow", slow(300)).route("/endless", slow(3_600_000));
    let running = start(router, Duration::from_millis(900), Patience::default()).await;
    let slow = send(&running, "/slow", "").await;
    let endless = send(&running, "/endless", "").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.stop.cancel();
    assert!(rest(slow).await.ends_with("done"));
    assert_eq!(rest(endless).await, "");
    timeout(SOON, running.served).await.unwrap().unwrap();
    assert!(TcpStream::connect(running.address).await.is_err());
}

/// Tells when the events of a reader are let go.
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn readers_that_take_nothing_are_dropped() {
    let gone = Arc::new(AtomicBool::new(false));
    let flag = gone.clone();
    let flood = move |request: StreamRequest| {
        let guard = Gone(flag.clone());
        async move {
            let json: Arc<str> = format!("\"{}\"", "x".repeat(64 * 1024)).into();
            let events = stream::repeat_with(move || {
                let _held = &guard;
                LiveEvent { sequence: 1, kind: "tick".into(), json: json.clone(), terminal: false }
            });
            request.respond(Box::pin(events))
        }
    };
    let mut middleware = middleware("http://localhost:8080");
    middleware.streams.blocked = Duration::from_millis(300);
    let router = middleware.wrap(Router::new().route("/flood", get(flood)));
    let stalled = Duration::from_millis(600);
    let running = start(router, SOON, Patience { stalled, ..Patience::default() }).await;
    let is_gone = async || {
        for _ in 0..100 {
            if gone.swap(false, Ordering::SeqCst) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    };
    let _unread = send(&running, "/flood", "").await;
    assert!(is_gone().await, "the SSE reader holds its stream");
    let _socket = connect_async(format!("ws://{}/flood", running.address)).await.unwrap();
    assert!(is_gone().await, "the WebSocket reader holds its stream");
}

#[tokio::test]
async fn a_silent_connection_and_a_slow_head_are_ended() {
    let patience = Patience { head: Duration::from_millis(200), ..Patience::default() };
    let running = start(Router::new(), SOON, patience).await;
    let silent = TcpStream::connect(running.address).await.unwrap();
    assert_eq!(rest(silent).await, "");
    let mut slow = TcpStream::connect(running.address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    let answer = rest(slow).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
}
