use quorate_kernel::{Limit, UserId};
use quorate_store::SystemTx;
use uuid::Uuid;

use crate::login_session::EndReason;
use crate::store::devices;
use crate::{Identity, IdentityError};

/// How many log-ins of one slot go on at once; the oldest ends for another.
const IN_ONE_SLOT: usize = 10;

/// A live log-in and the slot it takes, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) session: Uuid,
    pub(crate) slot: String,
}

/// Which log-ins end so that one more in `slot` stays within the plan (IDN-11). Slots go in the order of their oldest
/// log-in.
fn displaced(live: &[Taken], slot: &str, limit: Limit) -> Vec<Uuid> {
    let of = |slot: &str| live.iter().filter(|one| one.slot == slot).map(|one| one.session).collect::<Vec<_>>();
    let own = of(slot);
    if !own.is_empty() {
        let over = (own.len() + 1).saturating_sub(IN_ONE_SLOT);
        return own.into_iter().take(over).collect();
    }
    let mut slots: Vec<&str> = Vec::new();
    for one in live {
        if !slots.contains(&one.slot.as_str()) {
            slots.push(&one.slot);
        }
    }
    let mut ended = Vec::new();
    // Whoever may log in at all may log in once.
    while !slots.is_empty() && !limit.allows(slots.len() as u64 + 1) {
        ended.extend(of(slots.remove(0)));
    }
    ended
}

impl Identity {
    /// Ends the oldest log-ins when one more in this slot would be more than the plan allows, and tells which.
    pub(crate) async fn make_room(
        &self,
        tx: &mut SystemTx,
        user: UserId,
        limit: Limit,
        slot: &str,
    ) -> Result<Vec<Uuid>, IdentityError> {
        let now = self.clock.now();
        // Two log-ins of one person wait for each other here, so the limit holds.
        devices::lock_owner(tx, user).await?;
        let live = devices::live_log_ins(tx, user, now).await?;
        let ended = displaced(&live, slot, limit);
        for session in &ended {
            crate::store::login_sessions::end(tx, *session, EndReason::Displaced, now).await?;
        }
        Ok(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(slots: &[&str]) -> Vec<Taken> {
        let taken = |(n, slot): (usize, &&str)| Taken { session: Uuid::from_u128(n as u128), slot: (*slot).to_owned() };
        slots.iter().enumerate().map(taken).collect()
    }

    fn ended(slots: &[&str], slot: &str, limit: Limit) -> Vec<u128> {
        displaced(&live(slots), slot, limit).into_iter().map(|id| id.as_u128()).collect()
    }

    #[test]
    fn the_oldest_device_makes_room() {
        assert_eq!(ended(&[], "a", Limit::UpTo(1)), [0_u128; 0]);
        assert_eq!(ended(&["a"], "b", Limit::UpTo(1)), [0]);
        assert_eq!(ended(&["a"], "b", Limit::UpTo(2)), [0_u128; 0]);
        assert_eq!(ended(&["a", "b", "a"], "c", Limit::UpTo(2)), [0, 2], "all of the oldest one's");
        assert_eq!(ended(&["a", "b", "c"], "d", Limit::UpTo(2)), [0, 1], "also after a smaller plan");
        assert_eq!(ended(&["a", "b"], "c", Limit::None), [0, 1], "once is always possible");
        assert_eq!(ended(&["a", "b"], "c", Limit::Unlimited), [0_u128; 0]);
    }

    #[test]
    fn one_device_reuses_its_own_without_bound_growing() {
        assert_eq!(ended(&["a", "b"], "a", Limit::UpTo(1)), [0_u128; 0]);
        assert_eq!(ended(&["a"; 9], "a", Limit::UpTo(1)), [0_u128; 0]);
        assert_eq!(ended(&["a"; 10], "a", Limit::UpTo(1)), [0]);
        assert_eq!(ended(&["a"; 12], "a", Limit::UpTo(1)), [0, 1, 2]);
    }
}
