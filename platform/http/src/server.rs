use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{Version, header};
use axum::{Extension, Router};
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::lent::{Returned, lend};
use crate::stall::StallGuard;

/// How long the server waits for a peer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For a request's head, and for the next request on a connection that is kept.
    pub(crate) head: Duration,
    /// For a peer that takes nothing of what is written to it.
    pub(crate) stalled: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { head: Duration::from_secs(30), stalled: Duration::from_secs(30) }
    }
}

/// The server's end as a stream sees it: when it has come, and that the server waits for the stream's own end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shutdown {
    pub(crate) stop: CancellationToken,
    pub(crate) open: TaskTracker,
}

/// Serves until `stop`, then lets requests finish for at most `drain` and ends live streams at once. Handlers find the
/// peer's address as `ConnectInfo<SocketAddr>`.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, drain: Duration) {
    serve_with(listener, router, stop, drain, Patience::default()).await;
}

pub(crate) async fn serve_with(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
    drain: Duration,
    patience: Patience,
) {
    let shutdown = Shutdown { stop: stop.clone(), open: TaskTracker::new() };
    // Cancelled when the time to drain is over.
    let cut = CancellationToken::new();
    let router = router.layer(Extension(shutdown.clone()));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let served = connection(stream, peer, router.clone(), stop.clone(), patience);
                let cut = cut.clone();
                shutdown.open.spawn(async move {
                    tokio::select! {
                        () = cut.cancelled() => {}
                        () = served => {}
                    }
                });
            }
            Err(error) => refused(&error).await,
        }
    }
    drop(listener);
    shutdown.open.close();
    if tokio::time::timeout(drain, shutdown.open.wait()).await.is_err() {
        tracing::warn!(open = shutdown.open.len(), "connections did not finish in time and are cut");
        cut.cancel();
    }
}

/// The request as the router gets it, and where its body comes back to if nobody reads it. One that waits to be asked for
/// its body is not asked just to be refused, and HTTP/2 keeps its connection in any case.
fn lent_body(request: hyper::Request<Incoming>) -> (Request, Option<Returned<Incoming>>) {
    let waits = request.headers().contains_key(header::EXPECT);
    if waits || request.body().is_end_stream() || request.version() == Version::HTTP_2 {
        return (request.map(Body::new), None);
    }
    let (parts, body) = request.into_parts();
    let (lent, returned) = lend(body);
    (Request::from_parts(parts, Body::new(lent)), Some(returned))
}

/// Events are small and must not wait for each other (GTW-31).
fn without_nagle(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::trace!(%error, "TCP_NODELAY was not set");
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, stop: CancellationToken, patience: Patience) {
    without_nagle(&stream);
    // hyper's own time-out begins with the first byte, so a silent connection is timed here.
    let mut peeked = [0];
    let first_byte = tokio::select! {
        () = stop.cancelled() => return,
        first_byte = tokio::time::timeout(patience.head, stream.peek(&mut peeked)) => first_byte,
    };
    if !matches!(first_byte, Ok(Ok(1..))) {
        return;
    }
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut router = router.clone();
        let (mut request, unread) = lent_body(request);
        request.extensions_mut().insert(ConnectInfo(peer));
        async move {
            let response = router.call(request).await;
            if let Some(unread) = unread {
                unread.take_in().await;
            }
            Ok::<_, Infallible>(response.unwrap_or_else(|never| match never {}))
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience.head);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(patience.head).enable_connect_protocol();
    let io = TokioIo::new(StallGuard::new(stream, patience.stalled));
    let mut served = std::pin::pin!(builder.serve_connection_with_upgrades(io, service));
    let result = tokio::select! {
        result = served.as_mut() => result,
        () = stop.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = result {
        tracing::trace!(error, "a connection ended early");
    }
}

/// A connection that was gone before it was taken is nothing; when the process has no file left, a pause lets some go.
async fn refused(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    tracing::error!(%error, "cannot take new connections");
    tokio::time::sleep(Duration::from_secs(1)).await;
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn nagle_is_off_on_an_accepted_socket() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_near, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (stream, _) = accepted.unwrap();
        assert!(!stream.nodelay().unwrap(), "it is on by itself");
        without_nagle(&stream);
        assert!(stream.nodelay().unwrap());
    }
}
