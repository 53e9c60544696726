//! The real machine with clocks, a process number and threads that a test has in its hands.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::sys::{System, Unix, Work};

#[derive(Default)]
pub(crate) struct Machine {
    passed: AtomicU64,
    wall_back: AtomicU64,
    wall_ahead: AtomicU64,
    slept: AtomicU64,
    forks: AtomicU32,
    no_threads: AtomicBool,
    threads: AtomicU32,
    running: Arc<AtomicU32>,
    failing_syncs: AtomicU32,
    disk_is_full: AtomicBool,
}

impl Machine {
    /// Lets time pass on every clock.
    pub(crate) fn pass(&self, time: Duration) {
        self.passed.fetch_add(u64::try_from(time.as_nanos()).unwrap(), Ordering::SeqCst);
    }

    /// Sets the wall clock back.
    pub(crate) fn set_wall_back(&self, time: Duration) {
        self.wall_back.fetch_add(u64::try_from(time.as_nanos()).unwrap(), Ordering::SeqCst);
    }

    /// Sets the wall clock ahead.
    pub(crate) fn set_wall_ahead(&self, time: Duration) {
        self.wall_ahead.fetch_add(u64::try_from(time.as_nanos()).unwrap(), Ordering::SeqCst);
    }

    /// Sleeps: the clocks that stand still meanwhile are `coarse` and `monotonic`.
    pub(crate) fn suspend(&self, time: Duration) {
        self.slept.fetch_add(u64::try_from(time.as_nanos()).unwrap(), Ordering::SeqCst);
    }

    /// What was one process is its child from here on.
    pub(crate) fn fork(&self) {
        self.forks.fetch_add(1, Ordering::SeqCst);
    }

    /// No thread is to be had any more.
    pub(crate) fn refuse_threads(&self) {
        self.no_threads.store(true, Ordering::SeqCst);
    }

    /// How many threads were begun.
    pub(crate) fn threads(&self) -> u32 {
        self.threads.load(Ordering::SeqCst)
    }

    /// How many of them run.
    pub(crate) fn running_threads(&self) -> u32 {
        self.running.load(Ordering::SeqCst)
    }

    /// The next writes are there and fail all the same, because the disk does not say that they are on it.
    pub(crate) fn fail_syncs(&self, number: u32) {
        self.failing_syncs.store(number, Ordering::SeqCst);
    }

    /// No file can be made while the disk is full.
    pub(crate) fn fill_disk(&self, full: bool) {
        self.disk_is_full.store(full, Ordering::SeqCst);
    }

    /// How many are still to fail.
    pub(crate) fn failing_syncs(&self) -> u32 {
        self.failing_syncs.load(Ordering::SeqCst)
    }

    fn passed(&self) -> Duration {
        Duration::from_nanos(self.passed.load(Ordering::SeqCst))
    }
}

impl System for Machine {
    fn coarse(&self) -> u64 {
        Unix.coarse() + self.passed.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        Unix.monotonic() + self.passed()
    }

    fn boot(&self) -> Duration {
        Unix.boot() + self.passed() + Duration::from_nanos(self.slept.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Duration {
        let ahead = self.slept.load(Ordering::SeqCst) + self.wall_ahead.load(Ordering::SeqCst);
        (Unix.wall() + self.passed() + Duration::from_nanos(ahead))
            .saturating_sub(Duration::from_nanos(self.wall_back.load(Ordering::SeqCst)))
    }

    fn process(&self) -> u64 {
        Unix.process() + (u64::from(self.forks.load(Ordering::SeqCst)) << 32)
    }

    crate::sys::disk_of_this_machine!(but create and sync_folder);

    fn create(&self, file: &Path, bytes: &[u8], durable: bool) -> io::Result<()> {
        let full = self.disk_is_full.load(Ordering::SeqCst);
        if full { Err(io::ErrorKind::StorageFull.into()) } else { Unix.create(file, bytes, durable) }
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let fails =
            self.failing_syncs.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if fails.is_ok() { Err(io::ErrorKind::Other.into()) } else { Unix.sync_folder(folder) }
    }

    fn random(&self) -> Result<u64> {
        Unix.random()
    }

    fn spawn(&self, name: &'static str, work: Work) -> Result<()> {
        if self.no_threads.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::InternalError, "no thread is to be had"));
        }
        self.threads.fetch_add(1, Ordering::SeqCst);
        self.running.fetch_add(1, Ordering::SeqCst);
        let running = Arc::clone(&self.running);
        let counted = move || {
            work();
            running.fetch_sub(1, Ordering::SeqCst);
        };
        Unix.spawn(name, Box::new(counted))
    }
}

/// Waits for an event, ten seconds at most.
pub(crate) fn until(happened: impl Fn() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(10), "the event did not happen");
        std::thread::yield_now();
    }
}
