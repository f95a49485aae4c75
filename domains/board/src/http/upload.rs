//! A form with one file.

use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use quorate_kernel::{Code, Problem};

use crate::attachments::{AttachmentLimits, too_large};

/// What a form has around its file, at most: boundaries and headers.
pub(super) const FRAME: usize = 64 * 1024;

/// The file that came.
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

/// Reads the form. No more of a file is held than may be attached.
pub(super) async fn read(request: Request, limits: AttachmentLimits) -> Result<Upload, Problem> {
    let mut form = Multipart::from_request(request, &()).await.map_err(|rejection| no_form(&rejection))?;
    let mut upload = None;
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error, limits))? {
        if field.name() != Some("file") || upload.is_some() {
            return Err(one_file());
        }
        upload = Some(take(field, limits).await?);
    }
    upload.ok_or_else(one_file)
}

async fn take(mut field: Field<'_>, limits: AttachmentLimits) -> Result<Upload, Problem> {
    let name = field.file_name().ok_or_else(one_file)?.to_owned();
    let mut content = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|error| broken(&error, limits))? {
        if content.len() + piece.len() > limits.bytes {
            return Err(too_large(limits));
        }
        content.extend_from_slice(&piece);
    }
    Ok(Upload { name, content })
}

fn one_file() -> Problem {
    Problem::field("file", "Send one file with its name, in the field `file`.")
}

fn no_form(rejection: &MultipartRejection) -> Problem {
    Problem::new(
        Code::UnsupportedMediaType,
        format!("Send the file as multipart/form-data. {}.", rejection.body_text()),
    )
}

fn broken(error: &MultipartError, limits: AttachmentLimits) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        too_large(limits)
    } else {
        Problem::new(Code::InvalidBody, "The form cannot be read, or ended early.")
    }
}
