use uuid::Uuid;

use crate::{Clock, SystemClock};

/// Makes new identifiers, so that a test can make them predictable.
pub trait Ids: Send + Sync {
    /// A new UUID, version 7: ordered by time, so that indexes grow at one end.
    fn uuid(&self) -> Uuid;
    /// Random bytes from a cryptographic source, for secrets and tokens.
    fn fill(&self, bytes: &mut [u8]);
}

/// Ids from the operating system's randomness and the system clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn uuid(&self) -> Uuid {
        let mut random = [0u8; 10];
        self.fill(&mut random);
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
