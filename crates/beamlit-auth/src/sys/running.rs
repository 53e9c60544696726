//! What a process has under way, so that it can be waited for before the process ends.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::sys::System;
use crate::sys::process::this_process;

/// How often a waiting exit looks.
const NAP: Duration = Duration::from_millis(5);
/// When an exit has looked for the last time, nothing begins to spend for so long. By then the process is gone, or it is
/// there to stay.
const GATE: Duration = Duration::from_secs(2);

/// What one process has under way. Counters and no lock: a lock could be held at a fork.
pub(crate) struct Running {
    /// Threads of ours.
    threads: AtomicUsize,
    /// Exchanges that have sent what they spend.
    spending: AtomicUsize,
    /// Until when the gate is closed, in milliseconds of the monotonic clock.
    closed_until: AtomicU64,
    /// Whose counts these are. A forked child has none of its parent's threads.
    process: AtomicU64,
}

/// What this process has under way on the real machine.
pub(super) static RUNNING: Running = Running::new();

impl Running {
    pub(crate) const fn new() -> Self {
        Self {
            threads: AtomicUsize::new(0),
            spending: AtomicUsize::new(0),
            closed_until: AtomicU64::new(0),
            process: AtomicU64::new(0),
        }
    }

    fn begin(&self, count: &'static AtomicUsize) -> UnderWay {
        self.begin_anew_after_a_fork();
        count.fetch_add(1, Ordering::SeqCst);
        UnderWay { count, process: this_process() }
    }

    /// Forgets what a parent has under way.
    pub(super) fn begin_anew_after_a_fork(&self) {
        let process = this_process();
        if self.process.swap(process, Ordering::SeqCst) != process {
            self.begin_anew();
        }
    }

    /// Forgets whatever was under way.
    pub(crate) fn begin_anew(&self) {
        self.threads.store(0, Ordering::SeqCst);
        self.spending.store(0, Ordering::SeqCst);
        self.closed_until.store(0, Ordering::SeqCst);
    }
}

/// Counted as long as it lives, in the process that began it.
pub(crate) struct UnderWay {
    count: &'static AtomicUsize,
    process: u64,
}

impl UnderWay {
    /// A thread of ours.
    pub(crate) fn thread(system: &dyn System) -> Self {
        let running = system.running();
        running.begin(&running.threads)
    }

    /// An exchange that is about to send what it spends. Waits while an exit may be under way.
    pub(crate) fn spending(system: &dyn System) -> Self {
        loop {
            while is_ending(system) {
                system.sleep(NAP);
            }
            let running = system.running();
            let spending = running.begin(&running.spending);
            // Whoever has closed the gate meanwhile may have counted before this one did.
            if !is_ending(system) {
                return spending;
            }
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.process == this_process() {
            self.count.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Whether an exit has looked for the last time, so that the process may be about to end: the gate is closed.
pub(crate) fn is_ending(system: &dyn System) -> bool {
    millis(system.monotonic()) < system.running().closed_until.load(Ordering::SeqCst)
}

/// Closes the gate. Whether nothing had passed it before.
fn close(system: &dyn System) -> bool {
    let until = millis(system.monotonic() + GATE);
    system.running().closed_until.store(until, Ordering::SeqCst);
    system.running().spending.load(Ordering::SeqCst) == 0
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Waits for what is under way: for exchanges that spend as long as `limit` says, for anything else no longer than
/// `others`, and as long as `still_wanted` says, which is asked again and again on the calling thread. Whether nothing is
/// left. For a moment after this nothing begins to spend, because a process that ends now would lose the answer.
pub(crate) fn join(
    system: &dyn System,
    limit: Duration,
    others: Duration,
    still_wanted: &dyn Fn() -> bool,
) -> bool {
    let running = system.running();
    running.begin_anew_after_a_fork();
    let begun = system.monotonic();
    let mut wanted = true;
    loop {
        let spending = running.spending.load(Ordering::SeqCst) > 0;
        let idle = running.threads.load(Ordering::SeqCst) == 0;
        let passed = system.monotonic().saturating_sub(begun);
        if passed >= limit {
            close(system);
            return !spending && idle;
        }
        wanted = wanted && (idle || still_wanted());
        let over = !wanted || passed >= others;
        if !spending && (idle || over) && close(system) {
            return idle;
        }
        system.sleep(NAP);
    }
}
