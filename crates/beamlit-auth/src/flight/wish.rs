//! What a caller wants of a flight, and how long it is ready to wait for that.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::cache::Snapshot;
use crate::token::{Freshness, Moment};

/// In the advisory window the one caller that renews waits no longer than this before it is served what is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a caller wants.
pub(crate) struct Wish<'a> {
    /// How long the token must be good for.
    pub(crate) min_valid: Duration,
    /// When the caller stops waiting, on [`crate::sys::System::monotonic`].
    pub(crate) deadline: Duration,
    /// Whether a renewal that is due must succeed, even though a valid token is there.
    pub(crate) renew: bool,
    /// Whether the caller takes what is there and has nothing begun or waited for.
    pub(crate) at_once: bool,
    /// Asked while waiting, every 50 ms, on the caller's thread; false ends the wait.
    pub(crate) still_wanted: Option<&'a dyn Fn() -> bool>,
    /// How often the waits of the caller's session were cancelled.
    pub(crate) cancellations: &'a AtomicU64,
    /// How often that was when the call began.
    pub(crate) cancelled: u64,
}

impl Wish<'_> {
    /// Whether the waits of the caller's session were cancelled since the call began.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancellations.load(Ordering::SeqCst) != self.cancelled
    }

    /// How fresh `snapshot` is for this wish.
    pub(crate) fn freshness(&self, snapshot: Option<&Snapshot>, now: Moment) -> Freshness {
        let Some(snapshot) = snapshot else { return Freshness::Expired };
        let needed = snapshot.life.clamp_min_valid(self.min_valid);
        match snapshot.life.left(now) {
            Some(left) if left < needed => Freshness::Expired,
            _ => snapshot.freshness(now),
        }
    }

    /// Whether the caller takes a token of this freshness and waits for nothing; `taken_care_of` says that a renewal
    /// is under way already, or that none is to be tried yet, and `tended` that nobody waits as long as it is valid.
    pub(crate) fn is_served_at_once(&self, freshness: Freshness, taken_care_of: bool, tended: bool) -> bool {
        match freshness {
            Freshness::Fresh => true,
            Freshness::Advisory => !self.renew && (taken_care_of || tended),
            Freshness::Mandatory => !self.renew && tended,
            Freshness::Expired => false,
        }
    }

    /// When a caller that waits gives up on the renewal in favour of `snapshot`; `time` is now on the deadline's clock.
    pub(crate) fn patience(
        &self,
        freshness: Freshness,
        snapshot: Option<&Snapshot>,
        now: Moment,
        time: Duration,
    ) -> Duration {
        let usable = snapshot.and_then(|snapshot| snapshot.life.usable(now));
        let patience = match (freshness, usable) {
            _ if self.renew => self.deadline,
            (Freshness::Advisory, Some(usable)) => time + usable.min(PATIENCE),
            (Freshness::Mandatory, Some(usable)) => time + usable,
            _ => self.deadline,
        };
        patience.min(self.deadline)
    }
}
