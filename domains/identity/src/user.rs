use chrono::{DateTime, Utc};
use quorate_kernel::{FieldError, UserId};

/// A person with an account, as the domain and its answers see one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) locale: String,
    /// An IANA name, such as `Europe/Berlin`.
    pub(crate) time_zone: String,
    pub(crate) operator: bool,
    pub(crate) email_verified: bool,
    pub(crate) has_password: bool,
    pub(crate) suspended: bool,
    /// When the picture was last changed; `None` without one.
    pub(crate) avatar_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
}

/// What somebody gives to get an account, not yet looked at.
pub(crate) struct NewAccount {
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) name: Option<String>,
    pub(crate) locale: Option<String>,
}

/// The fields of a new account that passed their rules.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) locale: String,
}

impl NewAccount {
    /// Applies the rules of every field and tells all that is wrong at once. The password's strength is judged later,
    /// off the async threads.
    pub(crate) fn profile(&self) -> Result<Profile, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let mut keep = |field: &str, result: Result<String, &str>| match result {
            Ok(value) => value,
            Err(message) => {
                wrong.push(FieldError { field: field.to_owned(), message: message.to_owned() });
                String::new()
            }
        };
        let email = keep("email", email(&self.email));
        let given = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let name = given.map_or_else(|| Ok(name_from(&email)), name);
        let name = keep("name", name);
        let locale = keep("locale", locale(self.locale.as_deref().unwrap_or("en")));
        keep("password", crate::password::length(&self.password).map(|()| String::new()));
        if wrong.is_empty() { Ok(Profile { email, name, locale }) } else { Err(wrong) }
    }
}

/// The address as it is compared and stored: trimmed and in lower case.
pub(crate) fn normal_email(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Checks the shape only (RFC 5321's lengths, no quoted local parts); whether it takes mail shows when mail is sent.
pub(crate) fn email(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "must be an e-mail address, such as ada@example.com";
    let address = normal_email(text);
    let Some((local, domain)) = address.rsplit_once('@') else { return Err(WRONG) };
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let local_ok = (1..=64).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
    if address.len() > 254 || !local_ok || !domain.contains('.') || !domain.split('.').all(label_ok) {
        return Err(WRONG);
    }
    // RFC 2606: no such domain ever exists. Ours of the command line lives there.
    if domain.ends_with(".invalid") {
        return Err("must be an address that can receive mail");
    }
    Ok(address)
}

pub(crate) fn name(text: &str) -> Result<String, &'static str> {
    if text.chars().count() > 100 || text.chars().any(char::is_control) {
        return Err("must be at most 100 characters, without line breaks");
    }
    Ok(text.to_owned())
}

fn name_from(email: &str) -> String {
    email.split('@').next().unwrap_or_default().to_owned()
}

/// A language tag by its shape (RFC 5646): `en`, `es`, `zh-Hans`.
pub(crate) fn locale(text: &str) -> Result<String, &'static str> {
    let mut parts = text.trim().split('-');
    let language = parts.next().unwrap_or_default();
    let language_ok = (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_lowercase());
    let rest_ok = parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if language_ok && rest_ok && text.len() <= 35 {
        Ok(text.trim().to_owned())
    } else {
        Err("must be a language tag, such as en")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(email: &str) -> NewAccount {
        NewAccount { email: email.into(), password: "long enough".into(), name: None, locale: None }
    }

    #[test]
    fn addresses_are_normalised_and_name_the_person() {
        let profile = account("  Ada.Lovelace@Example.COM ").profile().unwrap();
        assert_eq!((profile.email.as_str(), profile.name.as_str()), ("ada.lovelace@example.com", "ada.lovelace"));
        assert_eq!(profile.locale, "en");
    }

    #[test]
    fn shapes_that_are_no_address_are_refused() {
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@localhost",
            "a da@example.com",
            "ada@exam ple.com",
            "a@b@c.com",
            "ada@example..com",
            "ada@-example.com",
            ".ada@example.com",
            "a..b@example.com",
            "ada@example.com\r\nBcc: x",
            "<ada@example.com>",
            "local@quorate.invalid",
        ] {
            let wrong = account(bad).profile().unwrap_err();
            assert_eq!(wrong[0].field, "email", "{bad}");
        }
        assert!(account(&format!("{}@example.com", "a".repeat(65))).profile().is_err());
        assert!(account("ada+board@sub.example.co.uk").profile().is_ok());
    }

    #[test]
    fn every_wrong_field_is_told_at_once() {
        let bad = NewAccount {
            email: "no".into(),
            password: "short".into(),
            name: Some("a\nb".into()),
            locale: Some("English please".into()),
        };
        let fields: Vec<String> = bad.profile().unwrap_err().into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["email", "name", "locale", "password"]);
    }
}
