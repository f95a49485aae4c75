use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use quorate_formats::{BadBody, Format};
use quorate_http::Failure;
use quorate_kernel::{Code, Problem};
use quorate_models::{ModelError, ModelErrorKind, RelayFailure};

/// The longest wait that is asked of a caller, in seconds: SDKs sleep as long as they are told.
const MAX_RETRY_AFTER: u64 = 60;

/// The body of an error under `/v1/`, in the shape of the API that the path belongs to.
#[must_use]
pub fn error_body(path: &str, problem: &Problem, _request_id: &str) -> Vec<u8> {
    let format = if path.starts_with("/v1/messages") { Format::AnthropicMessages } else { Format::OpenAiChat };
    let message = match problem.details.first() {
        Some(detail) => format!("{}: {}", detail.field, detail.message),
        None => problem.message.clone(),
    };
    let code = serde_json::to_value(problem.code).ok();
    let code = code.as_ref().and_then(|code| code.as_str()).unwrap_or_default().to_lowercase();
    quorate_formats::error_body(format, problem.code.status(), &code, &message)
}

/// A body that cannot be read.
pub(super) fn bad_body(error: BadBody) -> Problem {
    let problem = match error.field() {
        Some(field) => Problem::field(field, error.to_string()),
        None => Problem::new(Code::InvalidBody, error.to_string()),
    };
    problem.caused_by(error)
}

/// What the caller is told of a call that nobody answered: the provider's own words where they are about the request.
pub(super) fn not_relayed(failure: RelayFailure) -> Result<Response, Failure> {
    let RelayFailure { error, refusal, .. } = failure;
    let Some(refusal) = refusal else { return Err(problem(&error).into()) };
    let mut response = Response::new(Body::from(refusal.body));
    *response.status_mut() = refusal.status;
    *response.headers_mut() = refusal.headers;
    response.headers_mut().entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    Ok(response)
}

/// A failure of ours, or of a provider about which the caller can do nothing.
pub(super) fn problem(error: &ModelError) -> Problem {
    let failed = |code, message: &str| Problem::new(code, message).caused_by(error.clone());
    match &error.kind {
        ModelErrorKind::Unknown => {
            failed(Code::NotFound, &format!("The model `{}` does not exist, or is not open to you.", error.target))
        }
        ModelErrorKind::BadRequest => failed(Code::ValidationFailed, &error.message),
        ModelErrorKind::RateLimited { retry_after } => {
            let mut problem = failed(Code::RateLimited, "The provider takes no more requests just now.");
            problem.retry_after = retry_after.map(|wait| wait.as_secs().clamp(1, MAX_RETRY_AFTER));
            problem
        }
        ModelErrorKind::SpendRefused(refused) => failed(Code::BudgetExceeded, &format!("Refused: {refused}.")),
        ModelErrorKind::Timeout => {
            failed(Code::UpstreamTimeout, "The provider gave no answer within the time allowed.")
        }
        ModelErrorKind::Unavailable
        | ModelErrorKind::Cut
        | ModelErrorKind::Unauthorized
        | ModelErrorKind::QuotaExhausted
        | ModelErrorKind::Garbled => failed(Code::UpstreamFailed, "No provider could answer."),
    }
}
