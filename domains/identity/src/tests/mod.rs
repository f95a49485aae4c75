//! Identity on both databases, below HTTP. Its API is tested in apps/quorate.

mod accounts;
mod authentication;
mod passkeys;
mod refreshing;
mod second_factor;
mod social;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use quorate_audit::AuditLog;
use quorate_http::Site;
use quorate_kernel::{
    Clock as _, Counted, Entitlements, Feature, Ids as _, Limit, OrgId, Problem, SubscriptionSummary, SystemIds,
};
use quorate_outbound::{MailConfig, MailDeps, Mailer, OutboundConfig, SafeClient};
use quorate_testkit::{HeldClock, TestDatabase};

use quorate_work::Jobs;

use crate::accounts::Registered;
use crate::login_session::Origin;
use crate::sign_in::SignedIn;
use crate::user::NewAccount;
use crate::{Deps, Identity, IdentityConfig, MIGRATIONS, MasterKey};

const PASSWORD: &str = "seven green umbrellas";

/// A plan under which everything is allowed.
struct Generous;

#[async_trait]
impl Entitlements for Generous {
    async fn subscription(&self, _: OrgId) -> Result<SubscriptionSummary, Problem> {
        Ok(SubscriptionSummary { plan: "free".into(), status: "active".into(), seats: 1 })
    }

    async fn limit(&self, _: OrgId, _: Feature) -> Result<Limit, Problem> {
        Ok(Limit::Unlimited)
    }

    async fn meters(&self, _: OrgId) -> Result<Vec<quorate_kernel::Meter>, Problem> {
        Ok(Vec::new())
    }

    async fn check(&self, _: OrgId, _: Feature, _: u64) -> Result<(), Problem> {
        Ok(())
    }

    async fn count(&self, org_id: OrgId, feature: Feature, amount: u64) -> Result<Counted, Problem> {
        Ok(Counted { id: SystemIds.uuid(), org_id, feature, amount })
    }

    async fn give_back(&self, _: &Counted) -> Result<(), Problem> {
        Ok(())
    }
}

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
        let deps = Deps { clock: clock.clone(), ..deps(database).await };
        Self { identity: Identity::start(deps).await.unwrap(), clock }
    }

    async fn register(&self, email: &str) -> SignedIn {
        match self.identity.register(&account(email), None, Origin::default()).await.unwrap() {
            Registered::SignedIn(who) => *who,
            Registered::CheckMail => panic!("this server conceals nothing"),
        }
    }

    fn clock_now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

async fn deps(database: &TestDatabase) -> Deps {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let all = [&MIGRATIONS, &quorate_work::MIGRATIONS, &quorate_outbound::MIGRATIONS, &quorate_audit::MIGRATIONS];
    let store = database.migrated(&all).await.unwrap();
    let (clock, ids) = (Arc::new(HeldClock::default()), Arc::new(SystemIds));
    let jobs = Jobs::new(store.clone(), clock.clone(), ids.clone());
    let mailer = Mailer::new(MailDeps {
        store: store.clone(),
        jobs: jobs.clone(),
        clock: clock.clone(),
        ids: ids.clone(),
        master_key: MasterKey::from_bytes([1; 32]),
        config: MailConfig::default(),
        folder: PathBuf::from("/nonexistent/outbox"),
    });
    Deps {
        store,
        jobs,
        mailer: mailer.unwrap(),
        audit: AuditLog::new([4; 32], clock.clone(), ids.clone()),
        entitlements: Arc::new(Generous),
        http: SafeClient::new(&OutboundConfig::default()).unwrap(),
        clock,
        ids,
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
