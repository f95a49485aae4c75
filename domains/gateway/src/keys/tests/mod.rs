//! API keys on both databases.

mod checking;
mod managing;
mod nodes;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use quorate_audit::{Actor, AuditLog, Origin};
use quorate_kernel::{Clock as _, Code, Ids as _, OrgId, Principal, Problem, Role, SystemIds, UserId};
use quorate_store::{MasterKey, Store};
use quorate_testkit::{HeldClock, TestDatabase};

use super::manage::By;
use super::{KeyChange, KeyRefused, Keys, MadeKey, NewKey};
use crate::GatewayError;
use crate::ports::{Members, Standing};

/// Who belongs to what, as a test says it.
#[derive(Default)]
struct People(Mutex<HashMap<(UserId, OrgId), Standing>>);

#[async_trait]
impl Members for People {
    async fn standings(&self, asked: &[(UserId, OrgId)]) -> Result<Vec<Option<Standing>>, Problem> {
        let people = self.0.lock().unwrap();
        Ok(asked.iter().map(|who| people.get(who).copied()).collect())
    }
}

impl People {
    fn set(&self, who: &Principal, standing: Option<Standing>) {
        let mut people = self.0.lock().unwrap();
        match standing {
            Some(standing) => people.insert((who.user_id, who.org_id), standing),
            None => people.remove(&(who.user_id, who.org_id)),
        };
    }
}

/// One node on a test's database, under a clock that stands still.
struct Node {
    keys: Keys,
    store: Store,
    people: Arc<People>,
    clock: Arc<HeldClock>,
}

impl Node {
    async fn start(database: &TestDatabase) -> Self {
        Self::with(database, Arc::default(), Arc::default()).await
    }

    /// Another node of the same server.
    async fn beside(&self, database: &TestDatabase) -> Self {
        Self::with(database, Arc::clone(&self.people), Arc::clone(&self.clock)).await
    }

    async fn with(database: &TestDatabase, people: Arc<People>, clock: Arc<HeldClock>) -> Self {
        let store = database.migrated(&[&quorate_audit::MIGRATIONS, &crate::MIGRATIONS]).await.unwrap();
        let audit = AuditLog::new([1; 32], clock.clone(), Arc::new(SystemIds));
        audit.guard(&store).await.unwrap();
        let master_key = MasterKey::from_bytes([7; 32]);
        let members: Arc<dyn Members> = people.clone();
        let keys = Keys::new(store.clone(), audit, members, clock.clone(), Arc::new(SystemIds), &master_key);
        Self { keys, store, people, clock }
    }

    /// Somebody of this role in a new organization.
    fn somebody(&self, role: Role) -> Principal {
        self.member(OrgId(SystemIds.uuid()), role)
    }

    fn member(&self, org_id: OrgId, role: Role) -> Principal {
        let (user_id, login_session_id) = (UserId(SystemIds.uuid()), SystemIds.uuid());
        let principal = Principal { user_id, org_id, role, login_session_id, operator: false, api_key: None };
        self.people.set(&principal, Some(Standing { role, suspended: false }));
        principal
    }

    async fn make(&self, who: &Principal, change: impl FnOnce(&mut KeyChange)) -> Result<MadeKey, GatewayError> {
        let mut terms = KeyChange {
            name: Some("Sample".to_owned()),
            scopes: Some(vec!["model:use".to_owned(), "model:read".to_owned()]),
            ..KeyChange::default()
        };
        change(&mut terms);
        self.keys.create(&by(who), NewKey { environment: None, terms }).await
    }

    async fn key(&self, who: &Principal) -> MadeKey {
        self.make(who, |_| {}).await.unwrap()
    }

    async fn verify(&self, made: &MadeKey) -> Result<(), KeyRefused> {
        self.keys.verify(made.token.expose(), None).await.map(drop)
    }

    /// Waits until the cache is believed: it was looked after at the time that the clock shows.
    async fn watched(&self) {
        let now = quorate_kernel::millis(self.clock.now());
        until(async || self.keys.inner.cache.get(uuid::Uuid::nil(), now).is_some() || self.probe(now)).await;
    }

    /// Whether the cache would be believed, by an id that is known to be nobody's.
    fn probe(&self, now: i64) -> bool {
        self.keys.inner.cache.put_unknown(uuid::Uuid::nil(), now);
        self.keys.inner.cache.get(uuid::Uuid::nil(), now).is_some()
    }
}

fn by(principal: &Principal) -> By<'_> {
    By { principal, actor: Actor::of(principal), origin: Origin::default() }
}

/// Waits for what must come.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("it comes");
}

/// The code of a refusal.
fn code<T: std::fmt::Debug>(result: Result<T, GatewayError>) -> Code {
    Problem::from(result.unwrap_err()).code
}
