//! What this process has under way, so that it can be waited for before the process ends.
#![expect(clippy::disallowed_methods, reason = "an exit is waited for by the real clock")]

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::sys::process::this_process;

/// How often a waiting exit looks.
const NAP: Duration = Duration::from_millis(5);

/// Threads of ours, and exchanges that have sent what they spend. Counters and no lock: a lock could be held at a fork.
static THREADS: AtomicUsize = AtomicUsize::new(0);
static SPENDING: AtomicUsize = AtomicUsize::new(0);
/// Whose counts these are. A forked child has none of its parent's threads.
static PROCESS: AtomicU64 = AtomicU64::new(0);

/// Counted as long as it lives, in the process that began it.
pub(crate) struct UnderWay {
    count: &'static AtomicUsize,
    process: u64,
}

impl UnderWay {
    /// A thread of ours.
    pub(crate) fn thread() -> Self {
        Self::begin(&THREADS)
    }

    /// An exchange that has sent what it spends.
    pub(crate) fn spending() -> Self {
        Self::begin(&SPENDING)
    }

    fn begin(count: &'static AtomicUsize) -> Self {
        begin_anew_after_a_fork();
        count.fetch_add(1, Ordering::SeqCst);
        Self { count, process: this_process() }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.process == this_process() {
            self.count.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Forgets what a parent has under way.
pub(super) fn begin_anew_after_a_fork() {
    let process = this_process();
    if PROCESS.swap(process, Ordering::SeqCst) != process {
        THREADS.store(0, Ordering::SeqCst);
        SPENDING.store(0, Ordering::SeqCst);
    }
}

/// Waits for what is under way: for exchanges that spend as long as `limit` says, for anything else no longer than
/// `others`. Whether nothing is left.
pub(crate) fn join(limit: Duration, others: Duration) -> bool {
    begin_anew_after_a_fork();
    let begun = Instant::now();
    loop {
        let spending = SPENDING.load(Ordering::SeqCst) > 0;
        if !spending && THREADS.load(Ordering::SeqCst) == 0 {
            return true;
        }
        if begun.elapsed() >= if spending { limit } else { limit.min(others) } {
            return false;
        }
        std::thread::sleep(NAP);
    }
}
