use serde::Deserialize;

use super::{Expected, Refusal, bytes};

/// Which of the two ceremonies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ceremony {
    Create,
    Get,
}

impl Ceremony {
    const fn name(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// What the browser saw. It may say more, which is not for us.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<String>,
}

/// Checks what the browser saw, and gives its bytes back, over which the authenticator has signed.
pub(super) fn check(encoded: &str, ceremony: Ceremony, expected: &Expected<'_>) -> Result<Vec<u8>, Refusal> {
    let raw = bytes(encoded, "clientDataJSON")?;
    let seen: ClientData = serde_json::from_slice(&raw).map_err(|_| Refusal::Unreadable("clientDataJSON"))?;
    if seen.kind != ceremony.name() {
        return Err(Refusal::Ceremony);
    }
    if bytes(&seen.challenge, "challenge")? != expected.challenge {
        return Err(Refusal::Challenge);
    }
    if seen.origin != expected.party.origin {
        return Err(Refusal::Origin);
    }
    // Nobody may frame our pages, so no honest answer comes from a frame in another site's page.
    if seen.cross_origin || seen.top_origin.is_some() {
        return Err(Refusal::CrossOrigin);
    }
    Ok(raw)
}
