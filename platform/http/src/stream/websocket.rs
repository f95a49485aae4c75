use std::time::Duration;

use axum::extract::WebSocketUpgrade;
use axum::extract::ws::{CloseCode, CloseFrame, Message, WebSocket, close_code};
use axum::response::Response;
use futures::stream::Fuse;
use futures::{FutureExt, SinkExt, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::{LiveEvent, LiveEvents, StreamTimes};
use crate::place::Place;
use crate::server::Shutdown;

/// Readers have nothing to say but pongs and a close.
const LARGEST_INCOMING: usize = 4 * 1024;
/// Events that are ready together are flushed together, up to this many.
const BATCH: usize = 64;
/// How long a peer may take to answer our close.
const FAREWELL: Duration = Duration::from_secs(2);
/// A peer that leaves this many heartbeats unanswered is gone.
const UNANSWERED: u32 = 3;

pub(super) fn respond(
    upgrade: WebSocketUpgrade,
    events: LiveEvents,
    times: StreamTimes,
    shutdown: Shutdown,
    place: Option<Place>,
) -> Response {
    // Taken now, so that a server that stops during the handshake still waits for the close.
    let open = shutdown.open.token();
    limited(upgrade).on_upgrade(move |socket| async move {
        pump(socket, events, times, shutdown).await;
        drop((open, place));
    })
}

pub(super) fn respond_finished(upgrade: WebSocketUpgrade) -> Response {
    limited(upgrade).on_upgrade(|socket| close(socket, close_code::NORMAL))
}

fn limited(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    // The default read buffer is 128 KiB for each connection.
    upgrade.max_frame_size(LARGEST_INCOMING).max_message_size(LARGEST_INCOMING).read_buffer_size(LARGEST_INCOMING)
}

async fn pump(mut socket: WebSocket, events: LiveEvents, times: StreamTimes, shutdown: Shutdown) {
    let mut events = events.fuse();
    let mut beat = interval_at(Instant::now() + times.heartbeat, times.heartbeat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    let reason = loop {
        tokio::select! {
            () = shutdown.stop.cancelled() => break close_code::AWAY,
            incoming = socket.recv() => match incoming {
                Some(Ok(Message::Close(_))) => return finish(socket).await,
                Some(Ok(_)) => heard = Instant::now(),
                Some(Err(_)) | None => return,
            },
            event = events.next() => {
                // An end before the terminal event: the reader shall come back and resume.
                let Some(event) = event else { break close_code::AGAIN };
                match timeout(times.blocked, send(&mut socket, &mut events, event)).await {
                    Ok(Ok(true)) => break close_code::NORMAL,
                    Ok(Ok(false)) => {}
                    Ok(Err(_)) | Err(_) => return,
                }
            },
            _ = beat.tick() => {
                let ping = socket.send(Message::Ping(Vec::new().into()));
                if heard.elapsed() > times.heartbeat * UNANSWERED
                    || !matches!(timeout(times.blocked, ping).await, Ok(Ok(())))
                {
                    return;
                }
            },
        }
    };
    close(socket, reason).await;
}

/// Sends the event and those that are ready behind it; tells whether the last one was terminal.
async fn send(
    socket: &mut WebSocket,
    events: &mut Fuse<LiveEvents>,
    mut event: LiveEvent,
) -> Result<bool, axum::Error> {
    for more in (0..BATCH).rev() {
        socket.feed(Message::text(&*event.json)).await?;
        // What is taken from the stream must be sent, so the last of a batch takes none.
        if event.terminal || more == 0 {
            break;
        }
        let Some(Some(next)) = events.next().now_or_never() else { break };
        event = next;
    }
    socket.flush().await?;
    Ok(event.terminal)
}

async fn close(mut socket: WebSocket, code: CloseCode) {
    let frame = CloseFrame { code, reason: "".into() };
    let sent = timeout(FAREWELL, socket.send(Message::Close(Some(frame)))).await;
    if matches!(sent, Ok(Ok(()))) {
        finish(socket).await;
    }
}

/// Reads on until the closing handshake is done, which also sends our part of it.
async fn finish(mut socket: WebSocket) {
    let rest = async { while let Some(Ok(_)) = socket.recv().await {} };
    // A peer that does not answer is left.
    drop(timeout(FAREWELL, rest).await);
}
