//! Reports as files (BRD-7).

use std::sync::Arc;
use std::time::Duration;

use quorate_kernel::{Code, Feature, Principal, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Board;
use crate::report::Report;
use crate::report::print::{Language, Printed, document};
use crate::session::{Session, SessionId};

/// What a report can be saved as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Markdown.
    #[default]
    Markdown,
    /// The report as JSON.
    Json,
    /// Typeset, to be printed.
    Pdf,
    /// To be worked on in an office program.
    Docx,
}

impl Format {
    /// The ending of its files' names.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Json => "application/json",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        }
    }
}

/// A report as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub media_type: &'static str,
    /// What it can be called anywhere.
    plain_name: String,
    /// What it is called where the session has a name.
    name: Option<String>,
}

/// So many documents are set at once.
pub(crate) const AT_ONCE: usize = 2;
/// A request waits this long for its turn.
const WAIT: Duration = Duration::from_secs(10);

impl Board {
    /// The report of a session as a file, if the organization's plan includes it.
    ///
    /// # Errors
    /// `NotFound`; `TierInsufficient` for a PDF that the plan does not include; `Unavailable` when too many are made at
    /// once.
    pub async fn export(
        &self,
        who: &Principal,
        id: SessionId,
        format: Format,
        language: Option<Language>,
    ) -> Result<ReportFile, Problem> {
        // First whether it is there: a plan is no matter between the caller and somebody else's session.
        self.session(who, id).await?;
        if format == Format::Pdf {
            self.parts.entitlements.check(who.org_id, Feature::PdfExport, 1).await?;
        }
        self.file(who, id, format, language).await
    }

    /// The report of a session as a file, for whoever has the machine.
    ///
    /// # Errors
    /// `NotFound`; `Unavailable` when too many are made at once.
    pub async fn file(
        &self,
        who: &Principal,
        id: SessionId,
        format: Format,
        language: Option<Language>,
    ) -> Result<ReportFile, Problem> {
        let session = self.session(who, id).await?;
        let report = self.report(who, id).await?;
        let name = session.title.as_deref().and_then(file_name);
        let bytes = match format {
            Format::Markdown => report.full_report.into_bytes(),
            Format::Json => serde_json::to_vec_pretty(&report).map_err(Problem::internal)?,
            Format::Pdf | Format::Docx => self.set(session, report, format, language).await?,
        };
        let plain_name = format!("board-report-{id}.{}", format.extension());
        let name = name.map(|name| format!("{name}.{}", format.extension()));
        Ok(ReportFile { bytes, media_type: format.media_type(), plain_name, name })
    }

    /// Sets a document, on a thread that may be busy, when it is its turn.
    async fn set(
        &self,
        session: Session,
        report: Report,
        format: Format,
        language: Option<Language>,
    ) -> Result<Vec<u8>, Problem> {
        let turn = tokio::time::timeout(WAIT, Arc::clone(&self.parts.press).acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or_else(|| {
            let mut busy = Problem::new(Code::Unavailable, "Too many reports are being made into files just now.");
            busy.retry_after = Some(WAIT.as_secs());
            busy
        })?;
        let work = move || {
            // Held to the end of the work, also when nobody waits for it any more.
            let _turn = turn;
            let printed = Printed {
                report: &report,
                brief: &session.brief,
                title: session.title.as_deref(),
                completed_at: session.completed_at,
                language,
            };
            let document = document(&printed);
            if format == Format::Docx { quorate_typeset::docx(&document) } else { quorate_typeset::pdf(&document) }
        };
        tokio::task::spawn_blocking(work).await.map_err(Problem::internal)?.map_err(Problem::internal)
    }
}

impl ReportFile {
    /// How a browser is told to keep it (RFC 6266): under a name of plain letters, and where the session has a name
    /// under that one, encoded as RFC 8187 says.
    #[must_use]
    pub fn disposition(&self) -> String {
        let plain = format!("attachment; filename=\"{}\"", self.plain_name);
        self.name.as_ref().map_or(plain.clone(), |name| format!("{plain}; filename*=UTF-8''{}", encoded(name)))
    }
}

/// A name that any file system takes and that is only a name: no path, no hidden file, no mark that shows an ending
/// otherwise than it is. None where nothing of it is left.
fn file_name(title: &str) -> Option<String> {
    const MOST: usize = 80;
    let kept = |one: char| match one {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => Some(' '),
        _ if one.is_control() => None,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => None,
        other => Some(other),
    };
    let name: String = title.chars().filter_map(kept).take(MOST).collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = name.trim_matches(['.', ' ']).to_owned();
    (!name.is_empty()).then_some(name)
}

fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len() * 3);
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_only_a_name() {
        for (title, expected) in [
            ("Lisbon?", Some("Lisbon")),
            ("../../etc/passwd", Some("etc passwd")),
            ("a\r\nSet-Cookie: x=1\u{202e}fdp.exe", Some("aSet-Cookie x=1fdp.exe")),
            ("迁往里斯本", Some("迁往里斯本")),
            (" .hidden. ", Some("hidden")),
            ("///", None),
        ] {
            assert_eq!(file_name(title).as_deref(), expected, "{title:?}");
        }
        assert!(file_name(&"x".repeat(500)).is_some_and(|name| name.len() == 80));
    }

    #[test]
    fn a_header_holds_nothing_but_what_it_may() {
        let file = |name: Option<&str>| ReportFile {
            bytes: Vec::new(),
            media_type: Format::Pdf.media_type(),
            plain_name: "board-report-1.pdf".to_owned(),
            name: name.map(str::to_owned),
        };
        assert_eq!(file(None).disposition(), "attachment; filename=\"board-report-1.pdf\"");
        assert_eq!(
            file(Some("a \"b\"; 迁.pdf")).disposition(),
            "attachment; filename=\"board-report-1.pdf\"; filename*=UTF-8''a%20%22b%22%3B%20%E8%BF%81.pdf"
        );
    }
}
