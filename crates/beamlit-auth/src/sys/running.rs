//! What this process has under way, so that it can be waited for before the process ends.
#![expect(clippy::disallowed_methods, reason = "an exit is waited for by the real clock")]

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::sys::process::this_process;
use crate::sys::{System as _, Unix};

/// How often a waiting exit looks.
const NAP: Duration = Duration::from_millis(5);
/// When an exit has looked for the last time, nothing begins to spend for so long. By then the process is gone, or it is
/// there to stay.
const GATE: Duration = Duration::from_secs(2);

/// Threads of ours, and exchanges that have sent what they spend. Counters and no lock: a lock could be held at a fork.
static THREADS: AtomicUsize = AtomicUsize::new(0);
static SPENDING: AtomicUsize = AtomicUsize::new(0);
/// Until when the gate is closed, in milliseconds of the monotonic clock.
static CLOSED_UNTIL: AtomicU64 = AtomicU64::new(0);
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

    /// An exchange that is about to send what it spends. Waits while an exit may be under way.
    pub(crate) fn spending() -> Self {
        loop {
            while is_closed() {
                std::thread::sleep(NAP);
            }
            let spending = Self::begin(&SPENDING);
            // Whoever has closed the gate meanwhile may have counted before this one did.
            if !is_closed() {
                return spending;
            }
        }
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
        CLOSED_UNTIL.store(0, Ordering::SeqCst);
    }
}

fn is_closed() -> bool {
    now() < CLOSED_UNTIL.load(Ordering::SeqCst)
}

/// Closes the gate. Whether nothing had passed it before.
fn close() -> bool {
    CLOSED_UNTIL.store(now() + millis(GATE), Ordering::SeqCst);
    SPENDING.load(Ordering::SeqCst) == 0
}

fn now() -> u64 {
    millis(Unix.monotonic())
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Waits for what is under way: for exchanges that spend as long as `limit` says, for anything else no longer than
/// `others`, and as long as `still_wanted` says, which is asked again and again on the calling thread. Whether nothing is
/// left. For a moment after this nothing begins to spend, because a process that ends now would lose the answer.
pub(crate) fn join(limit: Duration, others: Duration, still_wanted: &dyn Fn() -> bool) -> bool {
    begin_anew_after_a_fork();
    let begun = Unix.monotonic();
    let mut wanted = true;
    loop {
        let (spending, idle) = (SPENDING.load(Ordering::SeqCst) > 0, THREADS.load(Ordering::SeqCst) == 0);
        let passed = Unix.monotonic().saturating_sub(begun);
        if passed >= limit {
            close();
            return !spending && idle;
        }
        wanted = wanted && (idle || still_wanted());
        let over = !wanted || passed >= others;
        if !spending && (idle || over) && close() {
            return idle;
        }
        std::thread::sleep(NAP);
    }
}
