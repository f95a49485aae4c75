use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use quorate_http::openapi::Problems;
use quorate_http::{Failure, PathId, Who};
use quorate_kernel::Problem;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::upload;
use crate::Board;
use crate::attachments::{Attachment, AttachmentId, AttachmentState, AttachmentWarning};
use crate::session::SessionId;

/// What is to be known of an attachment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WarningView {
    code: AttachmentWarning,
    /// The same as a sentence.
    message: &'static str,
}

/// A file attached to a session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttachmentView {
    id: Uuid,
    /// The file's name, without any path.
    name: String,
    /// What it is, by its content.
    #[schema(example = "application/pdf")]
    media_type: String,
    /// Its size in bytes.
    size: u64,
    /// How many characters of text were read.
    characters: usize,
    /// How many pages it has, of kinds that have pages.
    pages: Option<usize>,
    state: AttachmentState,
    warnings: Vec<WarningView>,
    created_at: DateTime<Utc>,
}

impl From<Attachment> for AttachmentView {
    fn from(attachment: Attachment) -> Self {
        let warning = |code: AttachmentWarning| WarningView { code, message: code.message() };
        Self {
            id: attachment.id.0,
            name: attachment.name,
            media_type: attachment.media_type,
            size: attachment.size,
            characters: attachment.characters,
            pages: attachment.pages,
            state: attachment.state,
            warnings: attachment.warnings.into_iter().map(warning).collect(),
            created_at: attachment.created_at,
        }
    }
}

/// One attachment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttachmentAnswer {
    attachment: AttachmentView,
}

/// How much may be attached to one session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LimitsView {
    /// Files.
    files: usize,
    /// Bytes of one file.
    bytes: usize,
    /// Characters that are read of one file; the rest is left out.
    characters: usize,
    /// Pages that are read of one file; the rest is left out.
    pages: usize,
}

/// The files of a session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttachmentsAnswer {
    /// In the order in which they came.
    data: Vec<AttachmentView>,
    limits: LimitsView,
}

/// A file to attach.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form; the form is read piece by piece")]
pub(super) struct AttachFile {
    /// Text, Markdown, CSV, PDF or DOCX. The content decides, not the name.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Attach a file
///
/// Before the session starts. Its text is read at once: every seat gets its beginning as data, and a facilitator can have
/// passages of it looked up. Text that looks like instructions to a model is marked in `warnings`.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/attachments", operation_id = "attach_file", tag = "board",
    params(("id" = Uuid, Path)), request_body(content = AttachFile, content_type = "multipart/form-data"),
    responses((status = 201, body = AttachmentAnswer),
        (status = 402, description = "The storage of the plan is full.", body = quorate_http::ProblemBody),
        (status = 413, description = "The file is larger than the limit.", body = quorate_http::ProblemBody),
        (status = 415, description = "The file is of a kind that is not read, or the body is no form.", body = quorate_http::ProblemBody),
        Problems))]
pub(super) async fn create(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
    request: Request,
) -> Result<(StatusCode, Json<AttachmentAnswer>), Failure> {
    board.may_attach(&who, id).await?;
    let file = upload::read(request, board.attachment_limits()).await?;
    let attachment = board.attach(&who, id, &file.name, file.content).await?;
    Ok((StatusCode::CREATED, Json(AttachmentAnswer { attachment: attachment.into() })))
}

/// List the files of a session
#[utoipa::path(get, path = "/api/v1/sessions/{id}/attachments", operation_id = "list_attachments", tag = "board",
    params(("id" = Uuid, Path)), responses((status = 200, body = AttachmentsAnswer), Problems))]
pub(super) async fn list(
    State(board): State<Board>,
    Who(who): Who,
    PathId(id): PathId<SessionId>,
) -> Result<Json<AttachmentsAnswer>, Failure> {
    let data = board.attachments(&who, id).await?.into_iter().map(AttachmentView::from).collect();
    let limits = board.attachment_limits();
    let limits =
        LimitsView { files: limits.files, bytes: limits.bytes, characters: limits.characters, pages: limits.pages };
    Ok(Json(AttachmentsAnswer { data, limits }))
}

type Place = Result<Path<(SessionId, AttachmentId)>, PathRejection>;

/// Download a file as it was attached
#[utoipa::path(get, path = "/api/v1/sessions/{id}/attachments/{attachment_id}", operation_id = "download_attachment",
    tag = "board", params(("id" = Uuid, Path), ("attachment_id" = Uuid, Path)),
    responses((status = 200, content((Vec<u8> = "application/octet-stream"))), Problems))]
pub(super) async fn download(State(board): State<Board>, Who(who): Who, path: Place) -> Result<Response, Failure> {
    let Path((id, attachment)) = path.map_err(|_| Problem::not_found("board session"))?;
    let (attachment, content) = board.attachment(&who, id, attachment).await?;
    let headers = [
        // Never as what it is: no browser shows what somebody else wrote under our address.
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"),
        ),
        (header::CONTENT_DISPOSITION, disposition(&attachment.name)),
    ];
    Ok((headers, content).into_response())
}

/// Remove a file
///
/// Before the session starts.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}/attachments/{attachment_id}", operation_id = "remove_attachment",
    tag = "board", params(("id" = Uuid, Path), ("attachment_id" = Uuid, Path)),
    responses((status = 204), Problems))]
pub(super) async fn remove(State(board): State<Board>, Who(who): Who, path: Place) -> Result<StatusCode, Failure> {
    let Path((id, attachment)) = path.map_err(|_| Problem::not_found("board session"))?;
    board.detach(&who, id, attachment).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The header that makes a browser save the file under its name: in ASCII for old ones, and in full (RFC 6266, RFC 8187).
fn disposition(name: &str) -> HeaderValue {
    let plain: String = name
        .chars()
        .map(|sign| if sign.is_ascii_alphanumeric() || " .-_()".contains(sign) { sign } else { '_' })
        .collect();
    let mut full = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            full.push(char::from(byte));
        } else {
            full.push_str(&format!("%{byte:02X}"));
        }
    }
    HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{full}"))
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header() {
        for (name, header) in [
            ("offer.pdf", "attachment; filename=\"offer.pdf\"; filename*=UTF-8''offer.pdf"),
            ("租约.pdf", "attachment; filename=\"__.pdf\"; filename*=UTF-8''%E7%A7%9F%E7%BA%A6.pdf"),
            ("a\"; x=\"b.txt", "attachment; filename=\"a__ x__b.txt\"; filename*=UTF-8''a%22%3B%20x%3D%22b.txt"),
            ("a\r\nb.txt", "attachment; filename=\"a__b.txt\"; filename*=UTF-8''a%0D%0Ab.txt"),
        ] {
            assert_eq!(disposition(name), header, "{name:?}");
        }
    }
}
