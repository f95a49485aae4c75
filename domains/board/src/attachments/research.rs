use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use quorate_models::Models;
use quorate_store::Store;

use super::nearest::{Candidate, nearest, nearness};
use crate::engine::event::Matched;
use crate::error::BoardError;
use crate::ports::{Findings, Passage, Research, ResearchQuery};
use crate::store::attachments::{self, KeptPassage};

/// Passages whose vectors are asked for and kept at once, so that a search that is broken off goes on where it was.
const BATCH: usize = 64;
/// How long vectors may take; after that words are compared.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was attached to a session, to look facts up in.
pub(crate) struct AttachedDocuments {
    store: Store,
    models: Arc<Models>,
}

#[async_trait]
impl Research for AttachedDocuments {
    async fn look_up(&self, query: &ResearchQuery) -> Findings {
        match self.search(query).await {
            Ok(findings) => findings,
            Err(error) => Findings::Unavailable(error.to_string()),
        }
    }

    fn is_of_attachments(&self) -> bool {
        true
    }
}

impl AttachedDocuments {
    pub(crate) const fn new(store: Store, models: Arc<Models>) -> Self {
        Self { store, models }
    }

    async fn search(&self, query: &ResearchQuery) -> Result<Findings, BoardError> {
        let mut tx = self.store.tenant_read(&query.who).await?;
        let mut passages = attachments::passages(&mut tx, query.session).await?;
        drop(tx);
        if passages.is_empty() {
            return Ok(Findings::Nothing);
        }
        let measured = tokio::time::timeout(PATIENCE, self.measure(query, &mut passages)).await;
        let measured = measured.unwrap_or_else(|_| Err("vectors took too long".to_owned()));
        let embedder = self.models.embedder();
        let candidates: Vec<Candidate<'_>> = passages
            .iter()
            .map(|passage| {
                let vector = passage.vector.as_deref().filter(|_| passage.is_by(embedder.name()));
                let near = measured.as_ref().ok().zip(vector).and_then(|(question, own)| nearness(question, own));
                Candidate { text: &passage.text, nearness: near }
            })
            .collect();
        let found = nearest(&query.question, embedder.name(), &candidates, query.most);
        let matched = if measured.is_ok() { Matched::Meaning } else { Matched::Words };
        match measured {
            // Words alone found nothing: nobody knows whether there is something (BRD-12).
            Err(reason) if found.is_empty() => Ok(Findings::Unavailable(reason)),
            _ if found.is_empty() => Ok(Findings::Nothing),
            _ => {
                let mut taken: Vec<Option<KeptPassage>> = passages.into_iter().map(Some).collect();
                let chosen = found.into_iter().filter_map(|place| taken.get_mut(place)?.take());
                let passages = chosen.map(|passage| Passage {
                    source_id: passage.attachment,
                    title: passage.name,
                    locator: passage.locator,
                    text: passage.text,
                    suspicious: passage.suspicious,
                    matched,
                });
                Ok(Findings::Passages(passages.collect()))
            }
        }
    }

    /// The question's vector, once every passage has its own. What is worked out is kept.
    async fn measure(&self, query: &ResearchQuery, passages: &mut [KeptPassage]) -> Result<Vec<f32>, String> {
        let embedder = self.models.embedder();
        let question =
            embedder.embed(std::slice::from_ref(&query.question)).await.map_err(|error| error.to_string())?;
        let question = question.into_iter().next().ok_or("the embedder gave no vector")?;
        let mut missing: Vec<&mut KeptPassage> =
            passages.iter_mut().filter(|passage| !passage.is_by(embedder.name())).collect();
        for batch in missing.chunks_mut(BATCH) {
            let texts: Vec<String> = batch.iter().map(|passage| passage.text.clone()).collect();
            let vectors = embedder.embed(&texts).await.map_err(|error| error.to_string())?;
            if vectors.len() != batch.len() {
                return Err("the embedder gave another number of vectors".to_owned());
            }
            for (passage, vector) in batch.iter_mut().zip(vectors) {
                passage.embedder = Some(embedder.name().to_owned());
                passage.vector = Some(vector);
            }
            let kept = async {
                let mut tx = self.store.tenant(&query.who).await?;
                for passage in batch.iter() {
                    attachments::keep_vector(&mut tx, passage).await?;
                }
                Ok::<_, BoardError>(tx.commit().await?)
            };
            // Without them the search goes on; only the next one has to ask again.
            if let Err(error) = kept.await {
                tracing::warn!(session_id = %query.session, %error, "vectors of attachments could not be kept");
            }
        }
        Ok(question)
    }
}
