//! What this process has under way, so that it can be waited for before the process ends.
#![expect(clippy::disallowed_methods, reason = "an exit is waited for by the real clock")]

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How often a waiting exit looks.
const NAP: Duration = Duration::from_millis(5);

/// Threads of ours, and exchanges that have sent what they spend. Counters and no lock: a lock could be held at a fork.
static THREADS: AtomicUsize = AtomicUsize::new(0);
static SPENDING: AtomicUsize = AtomicUsize::new(0);
/// Whose counts these are. A forked child has none of its parent's threads.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// Counted as long as it lives.
pub(crate) struct UnderWay(&'static AtomicUsize);

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
        Self(count)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn begin_anew_after_a_fork() {
    let pid = std::process::id();
    if PROCESS.swap(pid, Ordering::SeqCst) != pid {
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
