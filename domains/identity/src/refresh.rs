//! The rules of refresh tokens (IDN-2), pure. A refresh token is exchanged once for the next pair. Two things bend that:
//! the answer may get lost on its way, so the token just exchanged may come once more while nothing of the new pair has
//! been used; and a token that comes again after that is in two hands, so its whole family ends.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A refresh token as it is found when it comes.
#[derive(Debug, Clone)]
pub(crate) struct Presented {
    pub(crate) id: Uuid,
    pub(crate) expires_at: DateTime<Utc>,
    /// Exchanged for its successor.
    pub(crate) rotated: bool,
    /// Exchanged once more, because the answer was lost.
    pub(crate) replayed: bool,
    /// Withdrawn as a lost answer.
    pub(crate) voided: bool,
    /// The pair it was exchanged for, the one in force.
    pub(crate) successor: Option<Successor>,
}

/// The pair that replaced a presented token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Successor {
    pub(crate) id: Uuid,
    /// Its refresh token was exchanged or its access token was seen.
    pub(crate) used: bool,
}

/// What is to be done with a presented token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Exchange it for the next pair.
    Rotate,
    /// The answer got lost: withdraw the unused pair and give another.
    ReplaceLost {
        /// The pair to withdraw.
        unused: Uuid,
    },
    /// It is in two hands: end the family.
    Reused,
    /// Its time is over.
    Expired,
}

/// Judges a token of a family that has not ended and lives until `family_expires_at`.
pub(crate) fn judge(token: &Presented, family_expires_at: DateTime<Utc>, now: DateTime<Utc>) -> Verdict {
    let expired = token.expires_at <= now || family_expires_at <= now;
    if token.voided {
        return Verdict::Reused;
    }
    match (token.rotated, token.successor) {
        (false, _) if expired => Verdict::Expired,
        (false, _) => Verdict::Rotate,
        (true, Some(successor)) if !successor.used && !token.replayed => {
            if expired {
                Verdict::Expired
            } else {
                Verdict::ReplaceLost { unused: successor.id }
            }
        }
        (true, _) => Verdict::Reused,
    }
}

#[cfg(test)]
mod tests {
    use quorate_kernel::from_millis;

    use super::*;

    fn fresh() -> Presented {
        Presented {
            id: Uuid::from_u128(1),
            expires_at: from_millis(1000),
            rotated: false,
            replayed: false,
            voided: false,
            successor: None,
        }
    }

    fn rotated(used: bool) -> Presented {
        Presented { rotated: true, successor: Some(Successor { id: Uuid::from_u128(2), used }), ..fresh() }
    }

    #[test]
    fn a_token_is_exchanged_once_and_its_lost_answer_replaced_once() {
        let at = |token: &Presented, now| judge(token, from_millis(5000), from_millis(now));
        assert_eq!(at(&fresh(), 999), Verdict::Rotate);
        assert_eq!(at(&rotated(false), 999), Verdict::ReplaceLost { unused: Uuid::from_u128(2) });
        assert_eq!(at(&rotated(true), 999), Verdict::Reused);
        assert_eq!(at(&Presented { replayed: true, ..rotated(false) }, 999), Verdict::Reused);
        assert_eq!(at(&Presented { voided: true, ..fresh() }, 999), Verdict::Reused);
    }

    #[test]
    fn time_ends_a_token_and_its_family() {
        assert_eq!(judge(&fresh(), from_millis(5000), from_millis(1000)), Verdict::Expired);
        assert_eq!(judge(&fresh(), from_millis(500), from_millis(500)), Verdict::Expired);
        assert_eq!(judge(&rotated(false), from_millis(5000), from_millis(1000)), Verdict::Expired);
        assert_eq!(
            judge(&rotated(true), from_millis(5000), from_millis(1000)),
            Verdict::Reused,
            "late, but still theft"
        );
    }
}
