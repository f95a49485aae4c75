use quorate_store::{Store, StoreError};
use sqlx::FromRow;

use crate::AuditLog;
use crate::chain::{Chain, Fault};
use crate::encoding::Key;
use crate::rows::{self, HeadRow};

/// How many entries are looked at together. Only this many are in memory.
const PAGE: i64 = 500;
/// How often verification begins anew because old entries expired under it.
const ATTEMPTS: usize = 3;

/// The newest entry of a log. Noted somewhere else, it proves later that nothing up to it was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its sequence; 0 for an empty log.
    pub sequence: i64,
    /// Its MAC, in hexadecimal.
    pub mac: String,
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many entries were good, up to the first bad one.
    pub entries: u64,
    /// The newest entry, as the head has it.
    pub head: Head,
    /// The first thing that is wrong; `None` when the log is as it was written.
    pub first_bad: Option<Bad>,
}

/// Where the log is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// The first entry that cannot be trusted.
    pub sequence: i64,
    /// What is wrong.
    pub what: Fault,
}

/// The head and the ends of the log, of one moment.
#[derive(Debug, FromRow)]
struct Ends {
    sequence: i64,
    mac: String,
    base_sequence: i64,
    base_mac: String,
    seal: String,
    first: Option<i64>,
    last: Option<i64>,
}

impl AuditLog {
    /// Looks whether the log is as it was written. Works on while others append to it: what they add after the start is
    /// not looked at.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn verify(&self, store: &Store) -> Result<Report, StoreError> {
        self.follow(store, None).await
    }

    /// As [`AuditLog::verify`], and against a head that was noted elsewhere. This also finds what the database alone
    /// cannot show: that all of it was set back to an earlier state.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn verify_with(&self, store: &Store, noted: &Head) -> Result<Report, StoreError> {
        self.follow(store, Some(noted)).await
    }

    async fn follow(&self, store: &Store, noted: Option<&Head>) -> Result<Report, StoreError> {
        let mut ends = ends(store).await?;
        for _ in 1..ATTEMPTS {
            let report = walk(&self.key, store, &ends, noted).await?;
            if report.first_bad.is_none() {
                return Ok(report);
            }
            let now = self::ends(store).await?;
            if now.base_sequence == ends.base_sequence {
                return Ok(report);
            }
            ends = now;
        }
        walk(&self.key, store, &ends, noted).await
    }
}

async fn ends(store: &Store) -> Result<Ends, StoreError> {
    let mut tx = store.system_read("the audit log is verified as a whole").await?;
    tx.platform_sql(
        "SELECT sequence, mac, base_sequence, base_mac, seal, (SELECT MIN(sequence) FROM audit_entries) AS first, \
         (SELECT MAX(sequence) FROM audit_entries) AS last FROM audit_head WHERE id = 1",
    )
    .optional()
    .await?
    .ok_or_else(|| StoreError::corrupt("audit_head", "the row is gone"))
}

async fn walk(key: &Key, store: &Store, ends: &Ends, noted: Option<&Head>) -> Result<Report, StoreError> {
    let head = ends.head();
    let sealed = head.is_sealed(key);
    let base = head.base_sequence;
    let mut report =
        Report { entries: 0, head: Head { sequence: head.sequence, mac: head.mac.clone() }, first_bad: None };
    if let Some(first) = ends.first.filter(|first| *first <= base && sealed) {
        report.first_bad = Some(Bad { sequence: first, what: Fault::PutIn });
        return Ok(report);
    }
    // A head that somebody wrote says nothing about where the log begins and ends.
    let (base, last) = if sealed { (base, head.sequence) } else { (begin(ends), ends.last.unwrap_or(0)) };
    let mut chain = Chain::after(key, base, head.base_mac.clone());
    let broken = read(&mut chain, store, last, noted).await?;
    let (reached, mac) = chain.last();
    report.entries = u64::try_from(reached - base).unwrap_or_default();
    let bad = |sequence, what| Some(Bad { sequence, what });
    report.first_bad = match broken {
        Some((sequence, Fault::Edited)) if !sealed && reached == base => bad(sequence, Fault::WrongKey),
        Some((sequence, what)) => bad(sequence, what),
        None if !sealed => bad(head.sequence, Fault::HeadEdited),
        None if reached < head.sequence => bad(reached + 1, Fault::TailCut),
        None if mac != head.mac => bad(reached, Fault::HeadEdited),
        None => match ends.last {
            Some(last) if last > head.sequence => bad(head.sequence + 1, Fault::PutIn),
            _ => noted.and_then(|noted| after_the_end(noted, &head)),
        },
    };
    Ok(report)
}

/// Reads the entries up to `last` page by page, and answers where the chain breaks.
async fn read(
    chain: &mut Chain<'_>,
    store: &Store,
    last: i64,
    noted: Option<&Head>,
) -> Result<Option<(i64, Fault)>, StoreError> {
    loop {
        let (reached, _) = chain.last();
        // A transaction for each page: one over all would keep the database from tidying up for as long as it takes.
        let mut tx = store.system_read("the audit log is verified as a whole").await?;
        let page = rows::page(&mut tx, reached, PAGE).await?;
        drop(tx);
        let page: Vec<_> = page.into_iter().filter(|row| row.sequence <= last).collect();
        if page.is_empty() {
            return Ok(None);
        }
        for row in &page {
            if let Err(broken) = chain.follow(row) {
                return Ok(Some(broken));
            }
            if noted.is_some_and(|noted| noted.sequence == row.sequence && noted.mac != row.mac) {
                return Ok(Some((row.sequence, Fault::NotTheNotedLog)));
            }
        }
    }
}

/// Whether the log ends before what was noted of it. What has expired meanwhile cannot be compared.
fn after_the_end(noted: &Head, head: &HeadRow) -> Option<Bad> {
    let beyond = noted.sequence > head.sequence;
    let base_differs = noted.sequence == head.base_sequence && noted.mac != head.base_mac;
    (beyond || base_differs).then_some(Bad {
        sequence: if beyond { head.sequence + 1 } else { noted.sequence },
        what: Fault::NotTheNotedLog,
    })
}

/// Where the log seems to begin, when its head cannot be asked.
fn begin(ends: &Ends) -> i64 {
    if ends.base_mac.is_empty() { 0 } else { ends.first.map_or(0, |first| first - 1) }
}

impl Ends {
    fn head(&self) -> HeadRow {
        HeadRow {
            sequence: self.sequence,
            mac: self.mac.clone(),
            base_sequence: self.base_sequence,
            base_mac: self.base_mac.clone(),
            seal: self.seal.clone(),
        }
    }
}
