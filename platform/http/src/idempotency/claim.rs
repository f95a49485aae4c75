use quorate_kernel::{Code, Principal, Problem};
use quorate_store::StoreError;
use tokio::time::Instant;

use super::answer::Answer;
use super::store::{self, Found, Row};
use super::{HELD, Idempotency, KEPT, LOOK, PATIENCE};

/// One call's hold on a key.
pub(super) struct Claim {
    owner: Idempotency,
    principal: Principal,
    row: Row,
}

impl Claim {
    pub(super) fn new(owner: &Idempotency, principal: Principal, name: String, fingerprint: String) -> Self {
        let holder = owner.ids.uuid().to_string();
        let row = Row { user: principal.user_id.to_string(), name, fingerprint, holder };
        Self { owner: owner.clone(), principal, row }
    }

    /// Takes the key, or the answer that was kept under it. While another call is at work on the same request, waits
    /// for it.
    pub(super) async fn take(&self) -> Result<Option<Answer>, Problem> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.look().await.map_err(refused)? {
                Found::Taken => return Ok(None),
                Found::OtherRequest => {
                    let told = "The idempotency key was used for another request.";
                    return Err(Problem::new(Code::IdempotencyKeyReused, told));
                }
                Found::Answered(sealed) => return self.open(&sealed).map(Some),
                Found::AtWork if Instant::now() < deadline => tokio::time::sleep(LOOK).await,
                Found::AtWork => {
                    let mut problem = Problem::conflict("The same request is still being worked on.");
                    problem.retry_after = Some(1);
                    return Err(problem);
                }
            }
        }
    }

    async fn look(&self) -> Result<Found, StoreError> {
        let now = self.owner.clock.now();
        let mut tx = self.owner.store.tenant(&self.principal).await?;
        let found = store::take(&mut tx, &self.row, now, now + HELD, now + KEPT).await?;
        tx.commit().await?;
        Ok(found)
    }

    fn open(&self, sealed: &str) -> Result<Answer, Problem> {
        let plain = self.owner.key.open(&self.label(), sealed).map_err(Problem::internal)?;
        serde_json::from_slice(&plain).map_err(Problem::internal)
    }

    /// Keeps the answer. The work is done, so a failure to keep is told to the operator and not to the caller.
    pub(super) async fn keep(self, answer: &Answer) {
        if let Err(error) = self.write(answer).await {
            tracing::error!(%error, "an answer under an idempotency key is not kept");
        }
    }

    async fn write(&self, answer: &Answer) -> Result<(), Problem> {
        let plain = serde_json::to_vec(answer).map_err(Problem::internal)?;
        let sealed = self.owner.key.seal(&self.label(), &plain, &*self.owner.ids);
        let sealed = sealed.map_err(Problem::internal)?;
        let mut tx = self.owner.store.tenant(&self.principal).await.map_err(refused)?;
        store::keep(&mut tx, &self.row, sealed).await.map_err(refused)?;
        tx.commit().await.map_err(refused)
    }

    /// Lets the next call have the key at once.
    pub(super) async fn give_up(self) {
        let removed = async {
            let mut tx = self.owner.store.tenant(&self.principal).await?;
            store::remove(&mut tx, &self.row).await?;
            tx.commit().await
        };
        if let Err(error) = removed.await {
            tracing::warn!(%error, "an idempotency key is held until it expires");
        }
    }

    /// Binds what is sealed to the request it answers.
    fn label(&self) -> String {
        format!("idempotency {} {} {}", self.principal.org_id, self.row.user, self.row.fingerprint)
    }
}

fn refused(error: StoreError) -> Problem {
    Problem::internal(error)
}
