use std::path::{Path, PathBuf};

use anyhow::Context as _;
use quorate_board::export::Format;

use crate::cli::Failure;

/// Where the report is written, checked before the board begins: nobody wants to hear of it afterwards.
pub(super) struct Destination {
    file: PathBuf,
    /// What its name says that it is.
    pub(super) format: Format,
}

impl Destination {
    /// A file whose name tells the format and whose directory is there.
    pub(super) fn check(file: &Path) -> Result<Self, Failure> {
        let extension = file.extension().and_then(|name| name.to_str()).unwrap_or_default().to_lowercase();
        let format = match extension.as_str() {
            "md" | "markdown" | "txt" => Format::Markdown,
            "json" => Format::Json,
            "pdf" => Format::Pdf,
            "docx" => Format::Docx,
            _ => {
                let wanted = "name it .md, .pdf, .docx or .json";
                return Err(Failure::Usage(format!("--out {}: {wanted}", file.display())));
            }
        };
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        if !folder.is_dir() || file.is_dir() {
            return Err(Failure::Usage(format!("--out {}: there is no such directory", file.display())));
        }
        Ok(Self { file: file.to_owned(), format })
    }

    /// Writes the report and says where it is.
    pub(super) fn write(&self, report: &[u8]) -> Result<String, Failure> {
        std::fs::write(&self.file, report)
            .with_context(|| format!("the report cannot be written to {}", self.file.display()))?;
        Ok(format!("The report is in {}.", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_the_format() {
        for (name, format) in [
            ("report.md", Format::Markdown),
            ("report.JSON", Format::Json),
            ("report.pdf", Format::Pdf),
            ("a.b.Docx", Format::Docx),
        ] {
            assert!(Destination::check(Path::new(name)).is_ok_and(|to| to.format == format), "{name}");
        }
        for wrong in ["report.exe", "report", "no/such/place/report.md"] {
            assert!(matches!(Destination::check(Path::new(wrong)), Err(Failure::Usage(_))), "{wrong}");
        }
    }
}
