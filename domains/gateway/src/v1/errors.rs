use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use quorate_formats::{BadBody, Format};
use quorate_http::Failure;
use quorate_kernel::{Code, Problem};
use quorate_models::{ModelError, ModelErrorKind, RelayFailure, SpendRefused};

/// The longest wait that is asked of a caller, in seconds: SDKs sleep as long as they are told.
const MAX_RETRY_AFTER: u64 = 60;

/// The status and body of an error under `/v1/`, as the API says them that the path belongs to.
#[must_use]
pub fn error_body(path: &str, problem: &Problem, request_id: &str) -> (StatusCode, Vec<u8>) {
    let format = if path.starts_with("/v1/messages") { Format::AnthropicMessages } else { Format::OpenAiChat };
    let message = match problem.details.first() {
        Some(detail) => format!("{}: {}", detail.field, detail.message),
        None => problem.message.clone(),
    };
    let code = serde_json::to_value(problem.code).ok();
    let code = code.as_ref().and_then(|code| code.as_str()).unwrap_or_default().to_lowercase();
    // Neither API has a 422: to both a field that is wrong is a bad request, and their SDKs' callers wait for that.
    let status = match problem.code.status() {
        422 => StatusCode::BAD_REQUEST,
        other => StatusCode::from_u16(other).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    (status, quorate_formats::error_body(format, status.as_u16(), &code, &message, request_id))
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

/// A call that no budget pays for, or of which nobody can say whether one does.
fn not_paid(refused: &SpendRefused) -> Problem {
    match refused {
        SpendRefused::BudgetExceeded { scope, left } => {
            let whose = match *scope {
                "key" => "this API key",
                "purpose" => "this kind of work",
                _ => "your organization",
            };
            let message = format!("The budget of {whose} has {left} left, less than this call may cost.");
            Problem::new(Code::BudgetExceeded, message).with("scope", *scope).with("left_microusd", left.0)
        }
        SpendRefused::Unavailable(_) => {
            let mut problem = Problem::new(Code::Unavailable, "Budgets cannot be checked just now. Try again shortly.");
            problem.retry_after = Some(5);
            problem
        }
    }
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
        ModelErrorKind::SpendRefused(refused) => not_paid(refused).caused_by(error.clone()),
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

#[cfg(test)]
mod tests {
    use quorate_kernel::MicroUsd;

    use super::*;

    fn refused(kind: ModelErrorKind) -> Problem {
        problem(&ModelError::new(kind, "open/mind", "inner words"))
    }

    #[test]
    fn an_empty_budget_says_whose_it_is_and_a_database_that_is_away_is_no_empty_budget() {
        for (scope, whose) in [("key", "this API key"), ("purpose", "this kind"), ("organization", "your organization")]
        {
            let empty = SpendRefused::BudgetExceeded { scope, left: MicroUsd(12) };
            let told = refused(ModelErrorKind::SpendRefused(empty));
            assert_eq!((told.code, told.code.status()), (Code::BudgetExceeded, 402));
            assert!(told.message.contains(whose), "{}", told.message);
        }
        let away = refused(ModelErrorKind::SpendRefused(SpendRefused::Unavailable("no such host db7".to_owned())));
        assert_eq!((away.code, away.retry_after), (Code::Unavailable, Some(5)));
        assert!(!away.message.contains("db7"), "what broke is for the log: {}", away.message);
    }

    #[test]
    fn the_body_has_the_shape_of_the_api_and_a_code_to_act_on() {
        let empty = SpendRefused::BudgetExceeded { scope: "key", left: MicroUsd(0) };
        let told = refused(ModelErrorKind::SpendRefused(empty));
        let read = |path| serde_json::from_slice::<serde_json::Value>(&error_body(path, &told, "").1).unwrap();
        let open = read("/v1/chat/completions");
        assert_eq!(
            (&open["error"]["type"], &open["error"]["code"]),
            (&"insufficient_quota".into(), &"budget_exceeded".into())
        );
        let anthropic = read("/v1/messages");
        assert_eq!(anthropic["error"]["type"], "billing_error");
    }

    #[test]
    fn a_wrong_field_is_a_bad_request_to_their_sdks() {
        let problem = Problem::field("messages", "must be a list");
        assert_eq!(problem.code.status(), 422, "our own API keeps its own");
        for path in ["/v1/chat/completions", "/v1/messages"] {
            let (status, body) = error_body(path, &problem, "req-7");
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((status.as_u16(), &body["error"]["type"]), (400, &"invalid_request_error".into()), "{path}");
            assert_eq!(body["error"]["message"], "messages: must be a list");
            assert_eq!(
                body["request_id"],
                if path == "/v1/messages" { "req-7".into() } else { serde_json::Value::Null }
            );
        }
        let (limited, _) = error_body("/v1/messages", &Problem::new(Code::RateLimited, "Wait."), "req-7");
        assert_eq!(limited.as_u16(), 429);
    }
}
