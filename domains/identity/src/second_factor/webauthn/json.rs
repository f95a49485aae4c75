use serde::Deserialize;
use utoipa::ToSchema;

/// A new passkey as a browser's `PublicKeyCredential.toJSON()` gives it. Binary values are base64url without padding.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegistrationJson {
    /// The credential's id.
    pub(crate) id: String,
    /// The same.
    pub(crate) raw_id: String,
    /// Always `public-key`.
    #[serde(rename = "type")]
    #[schema(example = "public-key")]
    pub(crate) kind: String,
    /// What the authenticator made.
    pub(crate) response: RegistrationResponseJson,
}

/// What an authenticator made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegistrationResponseJson {
    /// What the browser saw, as JSON.
    #[serde(rename = "clientDataJSON")]
    pub(crate) client_data_json: String,
    /// The credential, as CBOR.
    pub(crate) attestation_object: String,
    /// How the authenticator can be reached.
    #[serde(default)]
    #[schema(example = json!(["internal", "hybrid"]))]
    pub(crate) transports: Vec<String>,
}

/// A use of a passkey as a browser's `PublicKeyCredential.toJSON()` gives it. Binary values are base64url without
/// padding.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssertionJson {
    /// The credential's id.
    pub(crate) id: String,
    /// The same.
    pub(crate) raw_id: String,
    /// Always `public-key`.
    #[serde(rename = "type")]
    #[schema(example = "public-key")]
    pub(crate) kind: String,
    /// What the authenticator signed.
    pub(crate) response: AssertionResponseJson,
}

/// What an authenticator signed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssertionResponseJson {
    /// What the browser saw, as JSON.
    #[serde(rename = "clientDataJSON")]
    pub(crate) client_data_json: String,
    /// What the authenticator says.
    pub(crate) authenticator_data: String,
    /// The signature over both.
    pub(crate) signature: String,
    /// Whose passkey it is, if the authenticator tells.
    pub(crate) user_handle: Option<String>,
}
