use std::fs;
use std::path::PathBuf;

use quorate_board::{Board, SessionId};
use quorate_kernel::Principal;

use super::terminal::Terminal;
use crate::cli::Failure;

/// A file that the command line names.
pub(super) struct NamedFile {
    path: String,
    name: String,
    content: Vec<u8>,
}

/// Reads the files.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<NamedFile>, Failure> {
    let read = |path: &PathBuf| {
        let shown = path.display().to_string();
        let content = fs::read(path).map_err(|error| Failure::Usage(format!("--file {shown}: {error}")))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(NamedFile { path: shown, name, content })
    };
    paths.iter().map(read).collect()
}

/// Attaches the files to a session that has not started. When one is refused, the session goes: without it the board
/// would decide something else.
pub(super) async fn attach(
    board: &Board,
    who: &Principal,
    id: SessionId,
    files: Vec<NamedFile>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    for NamedFile { path, name, content } in files {
        match board.attach(who, id, &name, content).await {
            Ok(attachment) => {
                for warning in &attachment.warnings {
                    terminal.say(&format!("{}: {}", attachment.name, warning.message()));
                }
            }
            Err(problem) => {
                terminal.finish();
                board.delete(who, id).await?;
                if problem.code.status() >= 500 {
                    return Err(problem.into());
                }
                let said = problem.details.first().map_or(&problem.message, |detail| &detail.message);
                return Err(Failure::Usage(format!("--file {path}: {said}")));
            }
        }
    }
    Ok(())
}
