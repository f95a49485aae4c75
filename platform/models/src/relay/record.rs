use std::sync::Arc;
use std::time::Duration;

use quorate_formats::Usage;
use quorate_kernel::MicroUsd;
use tokio::time::Instant;

use crate::{AttemptRecord, Ending, Ledger, Price, Reserved};

/// Writes one attempt down when it ends, however it ends: an attempt that is dropped was cancelled by its caller.
pub(super) struct Recorder {
    ledger: Option<Arc<dyn Ledger>>,
    record: Option<AttemptRecord>,
    begun: Instant,
    price: Option<Price>,
    /// What the provider says that it cost.
    told: Option<MicroUsd>,
    /// What was set aside for the call, once the attempt carries its answer.
    pub(super) reserved: Option<Reserved>,
    /// The tokens of the question as we count them, for an answer whose provider never says.
    estimated_input: u64,
}

impl Recorder {
    pub(super) fn new(
        ledger: Option<Arc<dyn Ledger>>,
        record: AttemptRecord,
        price: Option<Price>,
        estimated_input: u64,
    ) -> Self {
        Self { ledger, record: Some(record), begun: Instant::now(), price, told: None, reserved: None, estimated_input }
    }

    /// The provider's server answered with this status.
    pub(super) fn answered(&mut self, status: u16) {
        if let Some(record) = &mut self.record {
            record.status = Some(status);
        }
    }

    /// The first piece came.
    pub(super) fn first_token(&mut self) -> Duration {
        let taken = self.begun.elapsed();
        if let Some(record) = &mut self.record {
            record.first_token.get_or_insert(taken);
        }
        taken
    }

    /// The tokens that an answer must have cost which came to `pieces` pieces and whose provider said nothing: what was
    /// generated is billed, whether or not somebody was left to count it.
    pub(super) const fn estimate(&self, pieces: u64) -> Usage {
        Usage { input: self.estimated_input, output: pieces, cached_input: 0, cache_write: 0, reasoning: 0 }
    }

    /// The provider says what it cost, in dollars.
    pub(super) fn told(&mut self, dollars: Option<f64>) {
        // Below nine million dollars: what fits.
        self.told = dollars.filter(|dollars| (0.0..9e6).contains(dollars)).map(MicroUsd::from_dollars);
    }

    /// It has ended. Only the first call counts.
    pub(super) fn end(&mut self, ending: Ending, usage: Option<Usage>) {
        let Some(mut record) = self.record.take() else { return };
        record.latency = self.begun.elapsed();
        record.ending = ending;
        record.cost = self.price.and_then(|price| match usage {
            Some(usage) => Some(price.cost(&usage)),
            // A target that costs nothing costs nothing, counted or not.
            None => (price == Price::FREE).then_some(MicroUsd::ZERO),
        });
        // The operator's price goes before what the provider says.
        record.cost = record.cost.or(self.told);
        record.usage = usage;
        if let Some(reserved) = self.reserved.take() {
            reserved.settle(record.cost.unwrap_or(MicroUsd::ZERO));
        }
        if let Some(ledger) = &self.ledger {
            ledger.record(record);
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end(Ending::Cancelled, None);
    }
}
