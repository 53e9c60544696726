//! The cache of one session: the current snapshot, and the hot path that serves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;

use crate::headers::Headers;
use crate::sys::System;
use crate::token::{Freshness, Life, Moment, Token};

/// The hot path looks at the real clocks once in this time.
const LOOK: Duration = Duration::from_secs(1);

/// One token of one generation, with its headers rendered.
pub(crate) struct Snapshot {
    pub(crate) token: Token,
    pub(crate) headers: Headers,
    pub(crate) life: Life,
    /// Issued by an emulator: good for loopback alone.
    pub(crate) marked: bool,
    /// A server answered 401 to it.
    refused: AtomicBool,
}

impl Snapshot {
    pub(crate) fn new(token: Token, headers: Headers, life: Life, marked: bool) -> Self {
        Self { token, headers, life, marked, refused: AtomicBool::new(false) }
    }

    pub(crate) fn generation(&self) -> u64 {
        self.token.generation()
    }

    /// Whether a server answered 401 to it.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Acquire)
    }

    /// What it is good for now; a refused one is good for nothing.
    pub(crate) fn freshness(&self, now: Moment) -> Freshness {
        if self.is_refused() { Freshness::Expired } else { self.life.freshness(now) }
    }
}

/// Proof that the holder is the only one who changes the cache: the flight's lock, or a session being opened.
pub(crate) struct Writer;

/// The current snapshot. Reading takes no lock and touches nothing that another reader writes.
///
/// A cache line of its own (two, for the prefetcher), so that no neighbour's write slows the readers down.
#[repr(align(128))]
pub(crate) struct Cache {
    /// Until when, on [`System::coarse`], the current snapshot is served without another look; 0 is look.
    serve_until: AtomicU64,
    generation: AtomicU64,
    current: ArcSwapOption<Snapshot>,
}

impl Cache {
    pub(crate) fn new() -> Self {
        Self {
            serve_until: AtomicU64::new(0),
            generation: AtomicU64::new(0),
            current: ArcSwapOption::empty(),
        }
    }

    /// The generation that can be served at once: one clock, two loads.
    pub(crate) fn servable(&self, system: &dyn System) -> Option<u64> {
        let until = self.serve_until.load(Ordering::Acquire);
        (system.coarse() < until).then(|| self.generation.load(Ordering::Acquire))
    }

    /// Lends the current snapshot without counting a reference.
    pub(crate) fn lend<R>(&self, read: impl FnOnce(&Snapshot) -> R) -> Option<R> {
        self.current.load().as_deref().map(read)
    }

    /// The current snapshot.
    pub(crate) fn current(&self) -> Option<Arc<Snapshot>> {
        self.current.load_full()
    }

    /// Puts `snapshot` in the place of the current one. Nobody is served from the hot path before the next look.
    pub(crate) fn publish(&self, snapshot: Arc<Snapshot>, _: &mut Writer) {
        self.serve_until.store(0, Ordering::Release);
        self.generation.store(snapshot.generation(), Ordering::Release);
        self.current.store(Some(snapshot));
    }

    /// Marks the current snapshot as refused by a server. Nobody is served it from here on.
    pub(crate) fn refuse(&self, _: &mut Writer) {
        self.serve_until.store(0, Ordering::Release);
        self.lend(|snapshot| snapshot.refused.store(true, Ordering::Release));
    }

    /// Lets the hot path serve the current snapshot for `time`, a second at most: then the clocks are looked at again.
    pub(crate) fn serve_for(&self, time: Duration, system: &dyn System, _: &mut Writer) {
        let nanos = u64::try_from(time.min(LOOK).as_nanos()).unwrap_or(0);
        let until = if nanos == 0 { 0 } else { system.coarse() + nanos };
        self.serve_until.store(until, Ordering::Release);
    }
}
