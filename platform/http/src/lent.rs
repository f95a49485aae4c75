use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// The most of an unread body that is taken in, in bytes.
const MOST: u64 = 1024 * 1024;
/// How long the rest of one may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A request's body on loan to whoever answers. A request that is refused before its body is read would cost its
/// connection: nothing can follow a body that was never taken in. Clients send the head first, are told 401 or 429, use
/// the connection again and find it closed, which to them looks as if the server were gone.
pub(crate) struct Lent<B> {
    body: Option<B>,
    over: bool,
    back: Option<oneshot::Sender<B>>,
}

/// Where a body comes back to that was not read to its end.
pub(crate) struct Returned<B>(oneshot::Receiver<B>);

/// Lends a body.
pub(crate) fn lend<B>(body: B) -> (Lent<B>, Returned<B>) {
    let (back, returned) = oneshot::channel();
    (Lent { body: Some(body), over: false, back: Some(back) }, Returned(returned))
}

impl<B: Body<Data = Bytes> + Unpin> Body for Lent<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.over = true;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B> Drop for Lent<B> {
    fn drop(&mut self) {
        if let (false, Some(body), Some(back)) = (self.over, self.body.take(), self.back.take()) {
            let _ = back.send(body);
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Returned<B> {
    /// Takes in what nobody has read, if it is little and comes soon. A body that is still being read is left alone.
    pub(crate) async fn take_in(mut self) {
        let Ok(mut body) = self.0.try_recv() else { return };
        if body.size_hint().lower() > MOST {
            return;
        }
        let rest = async {
            let mut left = MOST;
            while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
                let length = frame.data_ref().map_or(0, Bytes::len);
                let Some(less) = left.checked_sub(length as u64) else { return };
                left = less;
            }
        };
        // In time or not, the answer goes out; without its end the connection is closed after it.
        let _ = timeout(PATIENCE, rest).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::body::Body as AnyBody;
    use futures::{StreamExt, stream};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::sample::start;
    use crate::server::Patience;

    /// A body of so many pieces of 1,000 bytes, and how many of them were taken.
    fn body(pieces: usize) -> (AnyBody, Arc<AtomicUsize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&taken);
        let pieces = stream::iter(0..pieces).map(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(&[0; 1000]))
        });
        (AnyBody::from_stream(pieces), taken)
    }

    #[tokio::test]
    async fn what_nobody_has_read_is_taken_in_up_to_a_limit() {
        for (pieces, expected) in [(3, 3), (5_000, 1_049)] {
            let (body, taken) = body(pieces);
            let (lent, returned) = lend(body);
            drop(lent);
            returned.take_in().await;
            assert_eq!(taken.load(Ordering::Relaxed), expected);
        }
    }

    #[tokio::test]
    async fn a_body_that_was_read_or_still_is_stays_with_its_reader() {
        let (whole, _) = body(3);
        let (lent, returned) = lend(whole);
        let read = axum::body::to_bytes(AnyBody::new(lent), usize::MAX).await.unwrap();
        assert_eq!(read.len(), 3_000);
        returned.take_in().await;

        let (part, taken) = body(3);
        let (mut lent, returned) = lend(part);
        assert!(poll_fn(|context| Pin::new(&mut lent).poll_frame(context)).await.is_some());
        returned.take_in().await;
        assert_eq!(taken.load(Ordering::Relaxed), 1, "its reader goes on");
    }

    #[tokio::test]
    async fn a_connection_outlives_a_refusal() {
        let running = start(Router::new(), Duration::from_secs(3), Patience::default()).await;
        let mut peer = TcpStream::connect(running.address).await.unwrap();
        let mut send = async |text: &str| {
            peer.write_all(text.as_bytes()).await.unwrap();
            // So that the head is there before the body is.
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        send("POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n").await;
        send("hello").await;
        send("POST /again HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi").await;
        let mut said = String::new();
        timeout(Duration::from_secs(60), peer.read_to_string(&mut said)).await.unwrap().unwrap();
        assert_eq!(said.matches("HTTP/1.1 404").count(), 2, "{said}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_comes_is_not_waited_for_long() {
        let (lent, returned) = lend(AnyBody::from_stream(stream::pending::<Result<Bytes, std::io::Error>>()));
        drop(lent);
        returned.take_in().await;
    }
}
