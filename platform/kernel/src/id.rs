use std::cell::RefCell;

use uuid::Uuid;

use crate::{Clock, SystemClock};

/// Makes new identifiers, so that a test can make them predictable.
pub trait Ids: Send + Sync {
    /// A new UUID, version 7: ordered by time, so that indexes grow at one end.
    fn uuid(&self) -> Uuid;
    /// Random bytes from a cryptographic source, for secrets and tokens.
    fn fill(&self, bytes: &mut [u8]);
}

thread_local! {
    /// What ids of this thread are made of: the system is asked once for many, since each asking costs as much as a
    /// hundred ids. Secrets are not made of it.
    static RANDOM: RefCell<Random> = const { RefCell::new(Random { bytes: [0; POOL], left: 0 }) };
}

/// Random bytes that were fetched ahead, twenty-five ids at a time.
const POOL: usize = 25 * TAIL;
/// The random bytes of an id.
const TAIL: usize = 10;

struct Random {
    bytes: [u8; POOL],
    left: usize,
}

impl Random {
    fn take(&mut self, from: &SystemIds) -> [u8; TAIL] {
        if self.left < TAIL {
            from.fill(&mut self.bytes);
            self.left = POOL;
        }
        self.left -= TAIL;
        let mut taken = [0; TAIL];
        taken.copy_from_slice(&self.bytes[self.left..self.left + TAIL]);
        taken
    }
}

/// Ids from the operating system's randomness and the system clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn uuid(&self) -> Uuid {
        let random = RANDOM.with_borrow_mut(|random| random.take(self));
        let millis = u64::try_from(SystemClock.now().timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    #[expect(clippy::expect_used, reason = "no secret may be made without randomness; the process cannot go on")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system's randomness is available");
    }
}

/// Declares an identifier type of its own over a UUID, so that one kind cannot stand where another is meant.
#[macro_export]
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub ::uuid::Uuid);

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id_type! {
    /// A person with an account.
    UserId
}

id_type! {
    /// An organization: the tenant that owns every stored row (IDN-21).
    OrgId
}
