//! The emulator's clock: the machine's, moved on demand.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Wall clock with an offset that tests move.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_ms: AtomicI64,
}

impl Clock {
    /// Milliseconds since the Unix epoch, offset included.
    pub(crate) fn now_ms(&self) -> i64 {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let machine_ms = i64::try_from(machine.as_millis()).unwrap_or(i64::MAX);
        machine_ms.saturating_add(self.offset_ms.load(Ordering::Relaxed))
    }

    /// A clock that is so far ahead of the machine's.
    pub(crate) fn ahead(offset_ms: i64) -> Self {
        Self { offset_ms: AtomicI64::new(offset_ms) }
    }

    /// How far it is ahead of the machine's.
    pub(crate) fn offset_ms(&self) -> i64 {
        self.offset_ms.load(Ordering::Relaxed)
    }

    /// Moves the clock; a negative number moves it back.
    pub(crate) fn advance(&self, seconds: i64) {
        self.offset_ms.fetch_add(seconds.saturating_mul(1000), Ordering::Relaxed);
    }

    /// The time in the form of RFC 3339, as the platform's JSON has it.
    pub(crate) fn timestamp(&self) -> String {
        let since_epoch = Duration::from_millis(u64::try_from(self.now_ms()).unwrap_or(0));
        humantime::format_rfc3339_seconds(UNIX_EPOCH + since_epoch).to_string()
    }
}
