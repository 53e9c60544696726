//! The end of a renewal, which comes about whatever ends it.

use std::sync::Arc;

use crate::cache::Snapshot;
use crate::error::Result;
use crate::flight::{Flight, Tower, internal};

/// Lands a renewal when it goes out of scope, even if the renewal panics.
pub(super) struct Landing<'a> {
    flight: &'a Flight,
    tower: &'a Tower,
    /// The generation that was to be replaced.
    pub(super) before: u64,
    /// `None`: it goes on.
    pub(super) outcome: Option<Result<Arc<Snapshot>>>,
}

impl<'a> Landing<'a> {
    /// That of a renewal which begins now.
    pub(super) fn of(flight: &'a Flight, tower: &'a Tower) -> Self {
        let lost = internal("a renewal ended without an outcome");
        let before = flight.cache.lend(Snapshot::generation).unwrap_or(0);
        Self { flight, tower, before, outcome: Some(Err(lost)) }
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        if let Some(outcome) = self.outcome.take() {
            self.flight.land(self.tower, self.before, outcome);
        }
    }
}
