use serde_json::Value;

/// What another service says about a person. Who they are is its issuer and its name for them; all else can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) email: Option<String>,
    /// Whether the service vouches that the address is theirs.
    pub(crate) email_verified: bool,
    pub(crate) name: Option<String>,
    pub(crate) locale: Option<String>,
}

/// Whether a claim is true. Some services write the word as text.
pub(crate) fn flag(claim: &Value) -> bool {
    claim == true || claim == "true"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_true_is_true() {
        assert!(flag(&json!(true)) && flag(&json!("true")));
        for other in [json!(false), json!("false"), json!("TRUE"), json!(1), json!("1"), json!([true]), Value::Null] {
            assert!(!flag(&other), "{other}");
        }
    }
}
