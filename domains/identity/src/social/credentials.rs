/// A secret that stands in the configuration, or in the environment variable that it names.
///
/// # Errors
/// A sentence, when the variable is not set.
pub(crate) fn secret_of(direct: Option<&str>, variable: Option<&str>) -> Result<Option<String>, String> {
    match (direct, variable) {
        (Some(secret), _) => Ok(Some(secret.to_owned())),
        (None, Some(variable)) => {
            let value = std::env::var(variable).ok().filter(|value| !value.is_empty());
            value.map(Some).ok_or_else(|| format!("the environment variable {variable} is not set"))
        }
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_named_must_be_there() {
        assert_eq!(secret_of(Some("a"), None), Ok(Some("a".into())));
        assert_eq!(secret_of(None, None), Ok(None));
        assert!(secret_of(None, Some("QUORATE_NO_SUCH_VARIABLE")).unwrap_err().contains("QUORATE_NO_SUCH_VARIABLE"));
        assert_eq!(secret_of(None, Some("PATH")), Ok(std::env::var("PATH").ok()));
    }
}
