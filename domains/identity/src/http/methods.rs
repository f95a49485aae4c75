use axum::Json;
use axum::extract::State;
use quorate_http::{Access, Routes};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::Identity;
use crate::config::Registration;
use crate::social::SocialMethod;

pub(super) fn routes() -> Routes<Identity> {
    Routes::new().add(Access::Public, routes!(methods))
}

/// The ways into this server, for the pages that offer them.
#[derive(Serialize, ToSchema)]
struct Methods {
    /// Whether people log in with a password.
    password: bool,
    /// Who may make an account: `open`, `invited`, `closed`, or `concealed` where everybody is answered the same.
    registration: &'static str,
    /// Whether passkeys can be used: not at an address that is a number.
    passkeys: bool,
    /// The public key of the human check, where the server asks for one.
    turnstile_site_key: Option<String>,
    /// Other services that people sign in with.
    providers: Vec<ProviderView>,
}

/// Another service that people sign in with.
#[derive(Serialize, ToSchema)]
struct ProviderView {
    /// Its name in addresses.
    #[schema(example = "google")]
    name: String,
    /// `google`, `github`, `linkedin`, `apple` or `oidc`.
    kind: &'static str,
    /// What its button says.
    #[schema(example = "Google")]
    label: String,
}

impl From<SocialMethod> for ProviderView {
    fn from(method: SocialMethod) -> Self {
        Self { name: method.name, kind: method.kind.name(), label: method.label }
    }
}

/// The ways to sign in.
#[utoipa::path(get, path = "/api/v1/auth/methods", tag = "auth",
    responses((status = 200, description = "What the log-in page may offer.", body = Methods)))]
async fn methods(State(identity): State<Identity>) -> Json<Methods> {
    let registration = match identity.config.registration {
        Registration::Open if identity.config.conceal_accounts => "concealed",
        Registration::Open => "open",
        Registration::Invited => "invited",
        Registration::Closed => "closed",
    };
    Json(Methods {
        password: true,
        registration,
        passkeys: identity.passkeys_available(),
        turnstile_site_key: identity.config.turnstile.site_key.clone(),
        providers: identity.social_methods().into_iter().map(ProviderView::from).collect(),
    })
}
