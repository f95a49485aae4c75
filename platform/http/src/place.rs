//! A caller's place among those that may be in at once, held as long as their answer is being sent (PLT-3).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use quorate_work::limits::Permit;

/// A place. A request extension, for handlers whose work outlives the answer's body: a WebSocket. Clones are one place,
/// which is given back with the last of them.
#[derive(Debug, Clone)]
pub(crate) struct Place(#[expect(dead_code, reason = "what counts is that it is held")] Arc<Permit>);

impl Place {
    pub(crate) fn new(permit: Permit) -> Self {
        Self(Arc::new(permit))
    }

    /// Gives the place back when the answer has been sent, was cut off, or its reader has left.
    pub(crate) fn hold(self, response: Response) -> Response {
        response.map(|body| Body::new(Holding { body, place: Some(self) }))
    }
}

/// A body with a place.
struct Holding {
    body: Body,
    place: Option<Place>,
}

impl HttpBody for Holding {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        // With the last piece, not after it: whoever has the answer must find the place free.
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) || this.body.is_end_stream() {
            this.place = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
