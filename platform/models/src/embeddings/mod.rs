//! Vectors of texts: a local embedder that needs no network, and those of providers.

mod local;
mod remote;

pub use local::LocalEmbedder;
pub(crate) use remote::{EmbeddingCall, EmbeddingWire, RemoteEmbedder};

/// Scales a vector to unit length. One that is all zeros, or not finite, has no direction and is `None`.
fn unit(mut vector: Vec<f32>) -> Option<Vec<f32>> {
    let length = vector.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    if !length.is_finite() || length <= 0.0 {
        return None;
    }
    for value in &mut vector {
        #[expect(clippy::cast_possible_truncation, reason = "a share of the length fits")]
        let share = (f64::from(*value) / length) as f32;
        *value = share;
    }
    Some(vector)
}
