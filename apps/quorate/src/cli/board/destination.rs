use std::path::{Path, PathBuf};

use anyhow::Context as _;
use quorate_board::Report;

use crate::cli::Failure;

/// Where the report is written, checked before the board begins: nobody wants to hear of it afterwards.
pub(super) struct Destination {
    file: PathBuf,
    json: bool,
}

impl Destination {
    /// A file whose name tells the format and whose directory is there.
    pub(super) fn check(file: &Path) -> Result<Self, Failure> {
        let extension = file.extension().and_then(|name| name.to_str()).unwrap_or_default().to_lowercase();
        let json = match extension.as_str() {
            "md" | "markdown" | "txt" => false,
            "json" => true,
            _ => return Err(Failure::Usage(format!("--out {}: name it .md or .json", file.display()))),
        };
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        if !folder.is_dir() || file.is_dir() {
            return Err(Failure::Usage(format!("--out {}: there is no such directory", file.display())));
        }
        Ok(Self { file: file.to_owned(), json })
    }

    /// Writes the report and says where it is.
    pub(super) fn write(&self, report: &Report) -> Result<String, Failure> {
        let text = if self.json {
            format!("{}\n", serde_json::to_string_pretty(report).map_err(Failure::failed)?)
        } else {
            report.full_report.clone()
        };
        std::fs::write(&self.file, text)
            .with_context(|| format!("the report cannot be written to {}", self.file.display()))?;
        Ok(format!("The report is in {}.", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_the_format() {
        assert!(Destination::check(Path::new("report.md")).is_ok_and(|to| !to.json));
        assert!(Destination::check(Path::new("report.JSON")).is_ok_and(|to| to.json));
        for wrong in ["report.pdf", "report", "no/such/place/report.md"] {
            assert!(matches!(Destination::check(Path::new(wrong)), Err(Failure::Usage(_))), "{wrong}");
        }
    }
}
