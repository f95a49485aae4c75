use chrono::{DateTime, NaiveDate, Utc};
use quorate_kernel::Role;
use serde::{Serialize, Serializer};

/// What a mail says, with everything its text needs: a mail that lacks a value does not compile.
///
/// Names and titles may be whatever people typed; they are tamed and escaped when the mail is written. Links come from
/// the configured public address, never from what a request says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "template", rename_all = "snake_case")]
pub enum Template {
    /// A new account, with the link that proves its address.
    Welcome {
        /// What the reader is called; may be empty, here and in the others.
        name: String,
        /// Where the address is confirmed.
        link: String,
    },
    /// The link that proves an address, once more.
    Verification {
        /// What the reader is called.
        name: String,
        /// Where the address is confirmed.
        link: String,
    },
    /// The link to a new password.
    PasswordReset {
        /// What the reader is called.
        name: String,
        /// Where the new password is set.
        link: String,
        /// The address of whoever asked.
        ip: Option<String>,
    },
    /// The password was changed.
    PasswordChanged {
        /// What the reader is called.
        name: String,
        /// The address of whoever changed it.
        ip: Option<String>,
    },
    /// To the new address of an account: agree to the change.
    EmailChangeNew {
        /// What the reader is called.
        name: String,
        /// Where the change is agreed to.
        link: String,
    },
    /// To the old address of an account: agree to the change.
    EmailChangeOld {
        /// What the reader is called.
        name: String,
        /// Where the change is agreed to.
        link: String,
        /// The new address.
        email: String,
    },
    /// Somebody tried to make an account with an address that has one.
    AccountExists {
        /// What the reader is called.
        name: String,
        /// Where to log in.
        link: String,
    },
    /// A log-in from a device that was not seen before.
    NewDevice {
        /// What the reader is called.
        name: String,
        /// The device, as far as it is known.
        device: String,
        /// The address it came from.
        ip: Option<String>,
        /// Where log-ins are ended.
        link: String,
    },
    /// Too many wrong passwords.
    LockedOut {
        /// What the reader is called.
        name: String,
        /// The address they came from.
        ip: Option<String>,
    },
    /// A second factor was added, removed or used up.
    SecondFactorChanged {
        /// What the reader is called.
        name: String,
        /// What happened.
        change: SecondFactorChange,
    },
    /// An invitation to an organization.
    Invitation {
        /// Who invites.
        inviter: String,
        /// The organization.
        organization: String,
        /// What the reader would be there.
        role: Role,
        /// Where it is accepted.
        link: String,
    },
    /// A paid invoice.
    Invoice {
        /// What the reader is called.
        name: String,
        /// Who pays.
        organization: String,
        /// The invoice's number.
        number: String,
        /// What was paid.
        amount: Amount,
        /// Where the invoice is.
        link: String,
    },
    /// A payment that was declined.
    PaymentFailed {
        /// What the reader is called.
        name: String,
        /// Who pays.
        organization: String,
        /// What should have been paid.
        amount: Amount,
        /// How long the plan is kept all the same, where there is an end to it.
        #[serde(serialize_with = "readable")]
        until: Option<DateTime<Utc>>,
        /// Where the payment method is changed.
        link: String,
    },
    /// A board session that nobody opened for long is about to be archived.
    SessionExpiring {
        /// What the reader is called.
        name: String,
        /// The session.
        title: String,
        /// When it is archived.
        at: NaiveDate,
        /// Where it is opened.
        link: String,
    },
    /// The day has come to look back at a decision.
    DecisionReview {
        /// What the reader is called.
        name: String,
        /// What was decided on.
        title: String,
        /// When it was decided.
        decided: NaiveDate,
        /// Where its outcome is recorded.
        link: String,
    },
    /// What happened in a week.
    WeeklyReport {
        /// What the reader is called.
        name: String,
        /// The organization.
        organization: String,
        /// The first day.
        from: NaiveDate,
        /// The last day.
        to: NaiveDate,
        /// Figures in the order of the table, in the reader's language.
        figures: Vec<Figure>,
        /// What stands out, one sentence each, in the reader's language.
        highlights: Vec<String>,
        /// Where the whole report is.
        link: String,
    },
    /// Something waits for the reader's decision.
    Approval {
        /// What the reader is called.
        name: String,
        /// Who or what asks.
        requester: String,
        /// What for.
        title: String,
        /// When it is too late, where there is such a time.
        #[serde(serialize_with = "readable")]
        until: Option<DateTime<Utc>>,
        /// Where it is decided.
        link: String,
    },
}

/// What happened to somebody's second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactorChange {
    /// An authenticator app was added.
    TotpAdded,
    /// The authenticator app was removed.
    TotpRemoved,
    /// Recovery codes were made anew.
    CodesRenewed,
    /// A recovery code was used to log in.
    CodeUsed,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
}

/// One line of a report's table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// What it counts.
    pub label: String,
    /// How much it is, as shown.
    pub value: String,
}

/// A sum of money as invoices have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// With two decimals and a point.
    value: String,
    currency: String,
}

impl Amount {
    /// So many hundredths of the currency, which is named by its code (`USD`).
    #[must_use]
    pub fn of_cents(cents: i64, currency: &str) -> Self {
        let (sign, cents) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
        let value = format!("{sign}{}.{:02}", cents / 100, cents % 100);
        Self { value, currency: currency.to_ascii_uppercase() }
    }
}

impl Template {
    /// The name under which its texts and its log entries stand.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Welcome { .. } => "welcome",
            Self::Verification { .. } => "verification",
            Self::PasswordReset { .. } => "password_reset",
            Self::PasswordChanged { .. } => "password_changed",
            Self::EmailChangeNew { .. } => "email_change_new",
            Self::EmailChangeOld { .. } => "email_change_old",
            Self::AccountExists { .. } => "account_exists",
            Self::NewDevice { .. } => "new_device",
            Self::LockedOut { .. } => "locked_out",
            Self::SecondFactorChanged { .. } => "second_factor_changed",
            Self::Invitation { .. } => "invitation",
            Self::Invoice { .. } => "invoice",
            Self::PaymentFailed { .. } => "payment_failed",
            Self::SessionExpiring { .. } => "session_expiring",
            Self::DecisionReview { .. } => "decision_review",
            Self::WeeklyReport { .. } => "weekly_report",
            Self::Approval { .. } => "approval",
        }
    }

    /// Where its button leads.
    pub(super) fn link(&self) -> Option<&str> {
        match self {
            Self::Welcome { link, .. }
            | Self::Verification { link, .. }
            | Self::PasswordReset { link, .. }
            | Self::EmailChangeNew { link, .. }
            | Self::EmailChangeOld { link, .. }
            | Self::AccountExists { link, .. }
            | Self::NewDevice { link, .. }
            | Self::Invitation { link, .. }
            | Self::Invoice { link, .. }
            | Self::PaymentFailed { link, .. }
            | Self::SessionExpiring { link, .. }
            | Self::DecisionReview { link, .. }
            | Self::WeeklyReport { link, .. }
            | Self::Approval { link, .. } => Some(link),
            Self::PasswordChanged { .. } | Self::LockedOut { .. } | Self::SecondFactorChanged { .. } => None,
        }
    }
}

/// A time as everybody reads it, whatever their language.
#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
fn readable<S: Serializer>(time: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(&time.format("%Y-%m-%d %H:%M UTC")),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_out() {
        let written = |cents| Amount::of_cents(cents, "usd").value;
        assert_eq!([written(0), written(7), written(123_456), written(-250)], ["0.00", "0.07", "1234.56", "-2.50"]);
        assert_eq!(Amount::of_cents(1, "usd").currency, "USD");
    }
}
