use async_trait::async_trait;

use crate::{ChatRequest, ChatStream, ModelError};

/// A provider's chat models. One implementation per wire format; adding a provider touches its folder and the
/// one line that builds it (GTW-1).
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// Asks `model` and streams the answer. The error of the future is one before the first byte; later ones come
    /// as an item of the stream. Dropping the future or the stream cancels the call upstream.
    async fn stream(&self, model: &str, request: &ChatRequest) -> Result<ChatStream, ModelError>;
}

/// Turns texts into vectors of unit length.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// A stable name of model and version; thresholds are calibrated per name (BRD-10).
    fn name(&self) -> &str;
    /// One vector a text, in order, all of the same dimension.
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError>;
}
