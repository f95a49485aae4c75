use quorate_store::Store;

use super::arguments::{Global, MigrateOptions};
use super::{Failure, log, output};
use crate::compose::migrations;

/// `quorate migrate [--check]`.
pub(super) async fn run(global: &Global, options: &MigrateOptions) -> Result<(), Failure> {
    let loaded = global.load(Vec::new())?;
    log::start_quietly(&loaded.config.log, global.verbose);
    let shown = loaded.config.shown_database_url();
    if options.check && loaded.config.sqlite_file().is_some_and(|file| !file.exists()) {
        // Looking must not make one.
        output::print(&format!("{shown} does not exist yet. Run: quorate migrate\n"))?;
        return Err(Failure::Told);
    }
    let store = Store::open(&loaded.config.database_url()).await.map_err(Failure::failed)?;
    let outcome = migrate(&store, options.check, &shown).await;
    store.close().await;
    outcome
}

async fn migrate(store: &Store, check: bool, shown: &str) -> Result<(), Failure> {
    let sets = migrations();
    let pending = store.pending_migrations(&sets).await.map_err(Failure::failed)?;
    let noun = if pending == 1 { "migration" } else { "migrations" };
    if pending == 0 {
        output::print(&format!("{shown} is up to date.\n"))?;
        return Ok(());
    }
    if check {
        output::print(&format!("{shown}: {pending} {noun} pending. Run: quorate migrate\n"))?;
        return Err(Failure::Told);
    }
    store.migrate(&sets).await.map_err(Failure::failed)?;
    Ok(output::print(&format!("{shown}: {pending} {noun} applied.\n"))?)
}
