//! What was asked of the mock, what is open, what was given up, and how soon another upstream was tried.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};

/// What `GET /stats` answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stats {
    /// Model requests that arrived.
    pub(crate) requests: u64,
    /// Of them those that are neither answered to the end nor given up.
    pub(crate) open: u64,
    /// Of them those that the client left before the end of the answer.
    pub(crate) cancelled: u64,
    /// From a failing answer to the next request at another upstream, in µs, one for each time that happened. Tells
    /// something only while one request is made at a time.
    pub(crate) failovers_us: Vec<u64>,
    /// How often a failing upstream was itself asked again first.
    pub(crate) asked_again: u64,
}

/// Where it is written.
#[derive(Debug, Default)]
pub(super) struct Book(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    stats: Stats,
    /// The upstream that failed last, and when.
    failed: Option<(String, Instant)>,
}

impl Book {
    /// A request arrives at an upstream.
    pub(super) fn enter(book: &Arc<Self>, name: &str) -> Entry {
        let mut pages = book.pages();
        pages.stats.requests += 1;
        pages.stats.open += 1;
        match pages.failed.take() {
            Some((failed, since)) if failed != name => {
                let took = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
                pages.stats.failovers_us.push(took);
            }
            // The time to another upstream runs from the first failure.
            Some(failed) => {
                pages.stats.asked_again += 1;
                pages.failed = Some(failed);
            }
            None => {}
        }
        drop(pages);
        Entry { book: Arc::clone(book), open: true }
    }

    pub(super) fn stats(&self) -> Stats {
        self.pages().stats.clone()
    }

    /// Counts anew; what is open stays open.
    pub(super) fn reset(&self) {
        let mut pages = self.pages();
        pages.stats = Stats { open: pages.stats.open, ..Stats::default() };
        pages.failed = None;
    }

    fn pages(&self) -> std::sync::MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is open. Dropped before it is done, it was given up by the client.
#[derive(Debug)]
pub(super) struct Entry {
    book: Arc<Book>,
    open: bool,
}

impl Entry {
    /// It is answered, or ended by the mock itself.
    pub(super) fn done(&mut self) {
        if std::mem::take(&mut self.open) {
            self.book.pages().stats.open -= 1;
        }
    }

    /// It is answered with a failure, now.
    pub(super) fn failed(&self, name: &str) {
        self.book.pages().failed.get_or_insert_with(|| (name.to_owned(), Instant::now()));
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if self.open {
            let mut pages = self.book.pages();
            pages.stats.open -= 1;
            pages.stats.cancelled += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_answered_or_given_up_and_never_both() {
        let book = Arc::new(Book::default());
        let mut answered = Book::enter(&book, "good");
        let left = Book::enter(&book, "good");
        assert_eq!(book.stats().open, 2);
        answered.done();
        answered.done();
        drop((answered, left));
        let stats = book.stats();
        assert_eq!((stats.requests, stats.open, stats.cancelled), (2, 0, 1));
    }

    #[test]
    fn only_another_upstream_ends_a_failure() {
        let book = Arc::new(Book::default());
        let ask = |name: &str, fails: bool| {
            let mut entry = Book::enter(&book, name);
            if fails {
                entry.failed(name);
            }
            entry.done();
        };
        for (name, fails) in [("bad", true), ("bad", true), ("good", false), ("good", false), ("bad", false)] {
            ask(name, fails);
        }
        let stats = book.stats();
        assert_eq!((stats.failovers_us.len(), stats.asked_again, stats.open), (1, 1, 0));
    }

    #[test]
    fn counting_anew_keeps_what_is_open() {
        let book = Arc::new(Book::default());
        let entry = Book::enter(&book, "good");
        book.reset();
        assert_eq!(book.stats(), Stats { open: 1, ..Stats::default() });
        drop(entry);
        assert_eq!(book.stats(), Stats { cancelled: 1, ..Stats::default() });
    }
}
