//! The rules of the chain: what is hashed, and what makes an entry good. Pure.

use std::fmt;

use crate::encoding::{Encoding, Key};
use crate::entry::PERSON;
use crate::rows::{HeadRow, Row};

const ENTRY: &str = "quorate audit entry 1";
const PERSONAL: &str = "quorate audit personal part 1";
const DETACHED: &str = "quorate audit detached part 1";
const HEAD: &str = "quorate audit head 1";

/// The part of an entry that a person can be taken out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Actor,
    Target,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Target => "target",
        }
    }
}

/// What is wrong with the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The entry is gone.
    Missing,
    /// The entry's fields are not those that were written.
    Edited,
    /// The personal fields are not those that were written.
    PersonalPartEdited,
    /// Personal fields were taken out by somebody who does not have the key.
    DetachedWithoutKey,
    /// The entry does not follow the one before it: it was moved, copied or put in.
    OutOfPlace,
    /// Entries stand outside the part of the log that the head knows of.
    PutIn,
    /// The newest entries are gone.
    TailCut,
    /// The head was not written by the server. Entries after the last noted head may be gone or replaced.
    HeadEdited,
    /// Nothing in the log fits the key: it is another log's, or head and first entry were both edited.
    WrongKey,
    /// The log is not the one that the head was noted from: it was cut, replaced or set back.
    NotTheNotedLog,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the entry is gone",
            Self::Edited => "the entry was edited",
            Self::PersonalPartEdited => "the entry's personal part was edited",
            Self::DetachedWithoutKey => "the entry's personal part was taken out by somebody without the key",
            Self::OutOfPlace => "the entry does not follow the one before it",
            Self::PutIn => "entries were put in outside the log",
            Self::TailCut => "the newest entries are gone",
            Self::HeadEdited => "the log's head was edited",
            Self::WrongKey => "nothing here fits the key: it belongs to another log",
            Self::NotTheNotedLog => "this is not the log that the head was noted from",
        })
    }
}

impl Row {
    /// The MAC that this entry must carry.
    pub(crate) fn expected_mac(&self, key: &Key) -> String {
        // A person's id counts through its commitment only.
        let target = if self.target_is_person() { None } else { self.target_id.as_deref() };
        key.mac(
            &Encoding::new(ENTRY)
                .number(self.sequence)
                .number(self.happened_at)
                .text(&self.actor_kind)
                .optional(self.org_id.as_deref())
                .text(&self.action)
                .optional(self.target_kind.as_deref())
                .optional(target)
                .optional(self.state_before.as_deref())
                .optional(self.state_after.as_deref())
                .optional(self.request_id.as_deref())
                .text(&self.actor_commitment)
                .optional(self.target_commitment.as_deref())
                .text(&self.previous_mac),
        )
    }

    pub(crate) fn target_is_person(&self) -> bool {
        self.target_kind.as_deref() == Some(PERSON)
    }

    /// The commitment to a part's personal fields. Without the salt nothing can be guessed from it.
    pub(crate) fn commitment(&self, part: Part, salt: &str) -> String {
        let encoding = Encoding::new(PERSONAL).text(part.name()).text(salt);
        match part {
            Part::Actor => encoding
                .optional(self.actor_user_id.as_deref())
                .optional(self.ip.as_deref())
                .optional(self.user_agent.as_deref()),
            Part::Target => encoding.optional(self.target_id.as_deref()),
        }
        .digest()
    }

    /// What stands in the place of a part that was taken out: only the key can say that it was taken out rightly.
    pub(crate) fn detachment(&self, key: &Key, part: Part) -> String {
        key.mac(&Encoding::new(DETACHED).text(part.name()).number(self.sequence).text(&self.mac))
    }

    fn check_part(&self, key: &Key, part: Part) -> Result<(), Fault> {
        let (salt, detached, commitment, empty) = match part {
            Part::Actor => (
                &self.actor_salt,
                &self.actor_detached,
                Some(&self.actor_commitment),
                self.actor_user_id.is_none() && self.ip.is_none() && self.user_agent.is_none(),
            ),
            Part::Target => {
                (&self.target_salt, &self.target_detached, self.target_commitment.as_ref(), self.target_id.is_none())
            }
        };
        match (salt, detached, commitment) {
            (Some(salt), None, Some(commitment)) if self.commitment(part, salt) == *commitment => Ok(()),
            (None, Some(seal), Some(_)) if empty && *seal == self.detachment(key, part) => Ok(()),
            (None, _, Some(_)) if empty => Err(Fault::DetachedWithoutKey),
            // A target that is no person has no personal part.
            (None, None, None) if part == Part::Target && !self.target_is_person() => Ok(()),
            _ => Err(Fault::PersonalPartEdited),
        }
    }
}

impl HeadRow {
    pub(crate) fn expected_seal(&self, key: &Key) -> String {
        key.mac(
            &Encoding::new(HEAD).number(self.sequence).text(&self.mac).number(self.base_sequence).text(&self.base_mac),
        )
    }

    /// Whether the server wrote it. That of an empty log comes from the migration, which has no key.
    pub(crate) fn is_sealed(&self, key: &Key) -> bool {
        self.is_untouched() || self.seal == self.expected_seal(key)
    }

    fn is_untouched(&self) -> bool {
        self.sequence == 0
            && self.base_sequence == 0
            && [&self.mac, &self.base_mac, &self.seal].into_iter().all(String::is_empty)
    }
}

/// Follows the chain entry by entry.
#[derive(Debug)]
pub(crate) struct Chain<'k> {
    key: &'k Key,
    sequence: i64,
    mac: String,
}

impl<'k> Chain<'k> {
    /// Begins after the entry that has this sequence and MAC.
    pub(crate) const fn after(key: &'k Key, sequence: i64, mac: String) -> Self {
        Self { key, sequence, mac }
    }

    /// The last entry that was good.
    pub(crate) fn last(&self) -> (i64, &str) {
        (self.sequence, &self.mac)
    }

    /// The next entry. An error names the place where the chain is broken.
    pub(crate) fn follow(&mut self, row: &Row) -> Result<(), (i64, Fault)> {
        let expected = self.sequence + 1;
        let fault = if row.sequence > expected {
            Some(Fault::Missing)
        } else if row.sequence < expected {
            Some(Fault::OutOfPlace)
        } else if row.mac != row.expected_mac(self.key) {
            Some(Fault::Edited)
        } else if row.previous_mac != self.mac {
            Some(Fault::OutOfPlace)
        } else {
            [Part::Actor, Part::Target].into_iter().find_map(|part| row.check_part(self.key, part).err())
        };
        if let Some(fault) = fault {
            return Err((expected, fault));
        }
        self.sequence = row.sequence;
        self.mac.clone_from(&row.mac);
        Ok(())
    }
}
