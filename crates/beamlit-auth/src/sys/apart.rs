//! Work that goes on to its end, whoever waits for it.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::sys::System;

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
    let (done, outcome) = mpsc::sync_channel(1);
    let work = Arc::new(work);
    let there = Arc::clone(&work);
    let send = move || {
        // Nobody waits any more if this fails.
        let _ = done.send(there());
    };
    if system.spawn(name, Box::new(send)).is_err() {
        return work();
    }
    loop {
        let left = deadline.saturating_sub(system.monotonic());
        match outcome.recv_timeout(left.min(SLICE)) {
            Ok(outcome) => return outcome,
            Err(RecvTimeoutError::Disconnected) => {
                let message = "a request ended without an outcome, which is a bug of beamlit-auth";
                return Err(Error::new(ErrorKind::InternalError, message));
            }
            Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                let message = "the time limit passed before the server answered; the request goes on";
                return Err(Error::new(ErrorKind::DeadlineExceeded, message));
            }
            Err(RecvTimeoutError::Timeout) if still_wanted() => {}
            Err(RecvTimeoutError::Timeout) => {
                let message = "the wait was cancelled; the request goes on";
                return Err(Error::new(ErrorKind::Cancelled, message));
            }
        }
    }
}
