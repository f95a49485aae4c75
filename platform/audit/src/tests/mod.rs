//! The log on both databases, and the chain by property.

mod chain;
mod expiring;
mod guarding;
mod persons;
mod reading;
mod tampering;
mod writing;

use std::sync::Arc;

use quorate_kernel::{Ids as _, OrgId, SystemIds, UserId};
use quorate_store::Store;
use quorate_testkit::{HeldClock, TestDatabase};
use serde_json::json;

use crate::{Actor, AuditLog, Entry, Fault, MIGRATIONS, Origin};

fn log_with(clock: Arc<HeldClock>) -> AuditLog {
    AuditLog::new([7; 32], clock, Arc::new(SystemIds))
}

fn log() -> AuditLog {
    log_with(Arc::default())
}

async fn store(database: &TestDatabase) -> Store {
    database.migrated(&[&MIGRATIONS]).await.unwrap()
}

fn person() -> UserId {
    UserId(SystemIds.uuid())
}

/// An entry with every field set.
fn promotion(by: UserId, of: UserId) -> Entry {
    Entry::new("identity.role_changed", Actor::User(by))
        .in_org(OrgId(SystemIds.uuid()))
        .on_user(of)
        .changing(Some(json!({ "role": "member" })), Some(json!({ "role": "admin" })))
        .from(Origin {
            ip: Some("192.0.2.7".into()),
            user_agent: Some("Browser/1.0".into()),
            request_id: Some("request-1".into()),
        })
}

/// An entry of which most fields are empty.
fn started() -> Entry {
    Entry::new("server.started", Actor::System).on("node", "a")
}

/// Where verification finds the log broken.
async fn broken(log: &AuditLog, store: &Store) -> Option<(i64, Fault)> {
    log.verify(store).await.unwrap().first_bad.map(|bad| (bad.sequence, bad.what))
}

/// Does to the database what its own server never does.
async fn tamper(store: &Store, statement: &'static str) -> u64 {
    let mut tx = store.system("a test tampers with the log").await.unwrap();
    let touched = tx.sql(statement).execute().await.unwrap();
    tx.commit().await.unwrap();
    touched
}
