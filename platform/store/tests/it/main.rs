//! The store on both databases.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod concurrency;
mod migrations;
mod signals;
mod tenants;
mod values;

use quorate_kernel::{Ids, OrgId, Principal, Role, SystemIds, UserId};
use quorate_store::{MigrationSet, Store};

/// One tenant table and one that holds every kind of value.
static NOTES: MigrationSet = quorate_store::sqlx::migrate!("tests/it/migrations");

fn member_of(org: OrgId) -> Principal {
    Principal {
        user_id: UserId(SystemIds.uuid()),
        org_id: org,
        role: Role::Member,
        login_session_id: SystemIds.uuid(),
        operator: false,
        api_key: None,
    }
}

fn somebody() -> Principal {
    member_of(OrgId(SystemIds.uuid()))
}

async fn write_note(store: &Store, principal: &Principal, id: &str) {
    let mut tx = store.tenant(principal).await.unwrap();
    tx.sql("INSERT INTO notes (org_id, id, body) VALUES ($1, $2, 'x')").bind(id.to_owned()).execute().await.unwrap();
    tx.commit().await.unwrap();
}

async fn notes(store: &Store) -> i64 {
    let mut tx = store.system_read("a test counts the notes of everybody").await.unwrap();
    tx.sql("SELECT COUNT(*) FROM notes").scalar().await.unwrap()
}
