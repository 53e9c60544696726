//! Work that goes on to its end, whoever waits for it.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::sys::{Condvar, Guard, Mutex, System};

/// A waiting caller looks this often whether it is still wanted.
pub(crate) const SLICE: Duration = Duration::from_millis(50);

/// Runs `work` on a thread of its own and waits for what it gives: until `deadline` on [`System::monotonic`] and as
/// long as `still_wanted` says, which is asked every 50 ms on the calling thread. Where the system has no thread for it,
/// the caller does the work.
///
/// # Errors
/// `DeadlineExceeded` and `Cancelled` when only the wait has ended; else what the work fails with.
pub(crate) fn apart<R: Send + 'static>(
    system: &dyn System,
    name: &'static str,
    deadline: Duration,
    still_wanted: &dyn Fn() -> bool,
    work: impl Fn() -> Result<R> + Send + Sync + 'static,
) -> Result<R> {
    let work = Arc::new(work);
    let desk = Arc::new(Desk { outcome: Mutex::new(None), there: Condvar::default() });
    let (there, end) = (Arc::clone(&work), End(Arc::clone(&desk)));
    let send = move || end.0.leave(there());
    if system.spawn(name, Box::new(send)).is_err() {
        return work();
    }
    let mut outcome = desk.outcome.lock();
    loop {
        if let Some(outcome) = outcome.take() {
            return outcome;
        }
        let left = deadline.saturating_sub(system.monotonic());
        if left.is_zero() {
            let message = "the time limit passed before the server answered; the request goes on";
            return Err(Error::new(ErrorKind::DeadlineExceeded, message));
        }
        desk.there.wait_for(&mut outcome, left.min(SLICE));
        if outcome.is_none() && !Guard::unlocked(&mut outcome, still_wanted) {
            let message = "the wait was cancelled; the request goes on";
            return Err(Error::new(ErrorKind::Cancelled, message));
        }
    }
}

/// Where the outcome is left for whoever waits.
struct Desk<R> {
    outcome: Mutex<Option<Result<R>>>,
    there: Condvar,
}

impl<R> Desk<R> {
    /// The first outcome counts.
    fn leave(&self, outcome: Result<R>) {
        self.outcome.lock().get_or_insert(outcome);
        self.there.notify_all();
    }
}

/// Leaves an error when it goes out of scope, so that nobody waits for work that has panicked.
struct End<R>(Arc<Desk<R>>);

impl<R> Drop for End<R> {
    fn drop(&mut self) {
        let message = "a request ended without an outcome, which is a bug of beamlit-auth";
        self.0.leave(Err(Error::new(ErrorKind::InternalError, message)));
    }
}
