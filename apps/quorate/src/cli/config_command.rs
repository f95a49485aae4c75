use super::arguments::{ConfigCommand, ConfigOptions, Global};
use super::{Failure, output};

/// `quorate config check|show`.
pub(super) fn run(global: &Global, options: &ConfigOptions) -> Result<(), Failure> {
    let loaded = global.load(Vec::new())?;
    match options.command {
        ConfigCommand::Check => {
            let file = loaded.file.as_ref().map_or_else(|| "no file".to_owned(), |file| file.display().to_string());
            output::print(&format!("The configuration is fine ({file}).\n"))?;
        }
        ConfigCommand::Show => output::print(&loaded.to_toml())?,
    }
    Ok(())
}
