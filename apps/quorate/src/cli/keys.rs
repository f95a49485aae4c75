use super::arguments::{Global, KeysAction, KeysOptions};
use super::users::told;
use super::{Failure, log, output};
use crate::compose::App;

/// `quorate keys`.
pub(super) async fn run(global: &Global, options: &KeysOptions) -> Result<(), Failure> {
    let loaded = global.load(Vec::new())?;
    log::start_quietly(&loaded.config.log, global.verbose);
    let app = App::build(loaded.config).await.map_err(Failure::failed)?;
    let outcome = match options.action {
        KeysAction::Rotate => app.identity.rotate_signing_key().await.map_err(told),
    };
    app.store.close().await;
    outcome?;
    Ok(output::print(
        "A new key signs access tokens from now on; running servers follow within a minute.\n\
         Tokens signed before stay valid until they expire, 15 minutes at most.\n",
    )?)
}
