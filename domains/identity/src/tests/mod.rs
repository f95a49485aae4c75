//! Identity on both databases, below HTTP. Its API is tested in apps/quorate.

mod accounts;
mod authentication;
mod refreshing;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use quorate_http::Site;
use quorate_kernel::{Clock as _, SystemIds};
use quorate_testkit::{HeldClock, TestDatabase};

use crate::login_session::Origin;
use crate::sign_in::SignedIn;
use crate::user::NewAccount;
use crate::{Deps, Identity, IdentityConfig, MIGRATIONS, MasterKey};

const PASSWORD: &str = "seven green umbrellas";

/// One node of a server on a test's database, under a clock that stands still.
struct Node {
    identity: Identity,
    clock: Arc<HeldClock>,
}

impl Node {
    async fn start(database: &TestDatabase) -> Self {
        Self::with_clock(database, Arc::new(HeldClock::default())).await
    }

    /// Another node of the same server.
    async fn beside(&self, database: &TestDatabase) -> Self {
        Self::with_clock(database, Arc::clone(&self.clock)).await
    }

    async fn with_clock(database: &TestDatabase, clock: Arc<HeldClock>) -> Self {
        let store = database.migrated(&[&MIGRATIONS]).await.unwrap();
        let deps = Deps { store, clock: clock.clone(), ..deps(database).await };
        Self { identity: Identity::start(deps).await.unwrap(), clock }
    }

    async fn register(&self, email: &str) -> SignedIn {
        self.identity.register(&account(email), Origin::default()).await.unwrap()
    }

    fn clock_now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

async fn deps(database: &TestDatabase) -> Deps {
    Deps {
        store: database.open().await.unwrap(),
        clock: Arc::new(HeldClock::default()),
        ids: Arc::new(SystemIds),
        config: IdentityConfig {
            password_memory_kib: 64,
            password_passes: 1,
            password_queue: 1000,
            ..IdentityConfig::default()
        },
        master_key: MasterKey::from_bytes([1; 32]),
        site: Site { public_url: "https://board.example.com".into() },
    }
}

fn account(email: &str) -> NewAccount {
    NewAccount { email: email.into(), password: PASSWORD.into(), name: None, locale: None }
}
