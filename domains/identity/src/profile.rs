use chrono::{DateTime, Utc};
use quorate_kernel::{FieldError, Principal};

use crate::login_session::Origin;
use crate::store::{profiles, users};
use crate::{Identity, IdentityError, user};

/// The shortest and the longest time that idle data is kept, in days (IDN-8).
const RETENTION_DAYS: std::ops::RangeInclusive<i64> = 30..=3650;

/// What an account remembers of its owner's wishes (IDN-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Days that idle sessions are kept.
    pub(crate) data_retention_days: i64,
    /// Whether a mail tells of a log-in from a new device.
    pub(crate) notify_new_device: bool,
    /// Whether mails tell of news about the product.
    pub(crate) notify_product: bool,
}

/// When its owner agreed to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Consents {
    pub(crate) terms_at: Option<DateTime<Utc>>,
    pub(crate) privacy_at: Option<DateTime<Utc>>,
    pub(crate) marketing_at: Option<DateTime<Utc>>,
}

/// Changes to a profile; what is `None` stays.
#[derive(Debug, Default)]
pub(crate) struct ProfileChange {
    pub(crate) name: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) data_retention_days: Option<i64>,
    pub(crate) notify_new_device: Option<bool>,
    pub(crate) notify_product: Option<bool>,
}

/// A yes or a no to each kind of consent; what is `None` stays.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ConsentChange {
    pub(crate) terms: Option<bool>,
    pub(crate) privacy: Option<bool>,
    pub(crate) marketing: Option<bool>,
}

impl ProfileChange {
    /// Applies the rules of every field and tells all that is wrong at once.
    fn checked(self) -> Result<Self, IdentityError> {
        let mut wrong = Vec::new();
        let mut refuse = |field: &str, message: &str| {
            wrong.push(FieldError { field: field.to_owned(), message: message.to_owned() });
        };
        let name = self.name.map(|name| name.trim().to_owned());
        match name.as_deref() {
            Some("") => refuse("name", "must not be empty"),
            Some(text) => {
                if let Err(message) = user::name(text) {
                    refuse("name", message);
                }
            }
            None => {}
        }
        if let Some(Err(message)) = self.locale.as_deref().map(user::locale) {
            refuse("locale", message);
        }
        if self.time_zone.as_deref().is_some_and(|zone| !is_time_zone(zone)) {
            refuse("time_zone", "must be an IANA time zone, such as Europe/Berlin");
        }
        if self.data_retention_days.is_some_and(|days| !RETENTION_DAYS.contains(&days)) {
            refuse("settings.data_retention_days", "must be 30 to 3650");
        }
        if wrong.is_empty() { Ok(Self { name, ..self }) } else { Err(IdentityError::Fields(wrong)) }
    }
}

/// By its shape: the names change several times a year, and the page offers those that the browser knows.
fn is_time_zone(text: &str) -> bool {
    let part_ok = |part: &str| {
        (1..=32).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+'))
    };
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.len() <= 64
        && text.split('/').count() <= 3
        && text.split('/').all(part_ok)
}

impl Identity {
    /// Changes the profile and the settings of somebody signed in.
    pub(crate) async fn change_profile(
        &self,
        principal: &Principal,
        change: ProfileChange,
    ) -> Result<(), IdentityError> {
        let change = change.checked()?;
        let mut tx = self.store.system("a profile belongs to a person, not to an organization").await?;
        profiles::change(&mut tx, principal.user_id, &change).await?;
        Ok(tx.commit().await?)
    }

    /// Notes what somebody agrees to. What the service stands on can be agreed to and not taken back here.
    pub(crate) async fn consent(
        &self,
        principal: &Principal,
        change: ConsentChange,
        origin: &Origin,
    ) -> Result<Consents, IdentityError> {
        let clears = [("terms", change.terms), ("privacy", change.privacy)];
        let wrong: Vec<FieldError> = clears
            .into_iter()
            .filter(|(_, given)| *given == Some(false))
            .map(|(field, _)| FieldError { field: field.to_owned(), message: "cannot be taken back".to_owned() })
            .collect();
        if !wrong.is_empty() {
            return Err(IdentityError::Fields(wrong));
        }
        let mut tx = self.store.system("consents belong to a person, not to an organization").await?;
        profiles::consent(&mut tx, principal.user_id, change, self.clock.now()).await?;
        self.note(&mut tx, "identity.consent_changed", Some(principal.user_id), origin).await?;
        tx.commit().await?;
        Ok(profiles::read(&self.store, principal.user_id).await?.1)
    }

    /// The settings and consents of an account.
    pub(crate) async fn wishes(&self, principal: &Principal) -> Result<(Settings, Consents), IdentityError> {
        Ok(profiles::read(&self.store, principal.user_id).await?)
    }

    /// Whether two people share an organization, so that one may see the other's picture.
    pub(crate) async fn knows(
        &self,
        principal: &Principal,
        other: quorate_kernel::UserId,
    ) -> Result<bool, IdentityError> {
        if principal.user_id == other {
            return Ok(true);
        }
        Ok(users::share_an_organization(&self.store, principal.user_id, other).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_zones_by_their_shape() {
        for good in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"] {
            assert!(is_time_zone(good), "{good}");
        }
        for bad in ["", "berlin", "Europe/", "/Berlin", "Europe//Berlin", "Europe/Ber lin", "A/B/C/D", "<b>"] {
            assert!(!is_time_zone(bad), "{bad}");
        }
    }

    #[test]
    fn every_wrong_field_of_a_profile_is_told_at_once() {
        let change = ProfileChange {
            name: Some("  ".into()),
            locale: Some("English".into()),
            time_zone: Some("nowhere land".into()),
            data_retention_days: Some(7),
            ..ProfileChange::default()
        };
        let Err(IdentityError::Fields(fields)) = change.checked() else { panic!("it was taken") };
        let names: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(names, ["name", "locale", "time_zone", "settings.data_retention_days"]);
    }
}
