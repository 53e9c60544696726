//! Waiting: without the interpreter's lock, and never deaf to Ctrl-C.

use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use beamlit_auth::{Call, Error, ErrorKind, Session};
use pyo3::prelude::*;

use crate::error::{Failure, Result};
use crate::seconds::Seconds;

/// A waiting thread looks this often whether it is still wanted.
const SLICE: Duration = Duration::from_millis(50);

/// Runs one call on a session that may wait.
pub(crate) fn waiting<R: Send>(
    py: Python<'_>,
    session: &Session,
    timeout: Option<Seconds>,
    call: impl FnOnce(Call<'_>) -> std::result::Result<R, Error> + Send,
) -> Result<R> {
    interruptible(py, |still_wanted| call(options(session, timeout).while_waiting(still_wanted)))
}

/// Runs a wait that asks every 50 ms whether it is still wanted. Other threads of Python run meanwhile; the functions
/// of signals run on the main thread within 50 ms, and what one of them raises ends this wait, though never what is
/// under way.
pub(crate) fn interruptible<R: Send>(
    py: Python<'_>,
    wait: impl FnOnce(&dyn Fn() -> bool) -> std::result::Result<R, Error> + Send,
) -> Result<R> {
    let raised = Mutex::new(None);
    let outcome = py.detach(|| wait(&|| signals(&raised)));
    match raised.into_inner() {
        Ok(Some(error)) => Err(PyErr::into(error)),
        _ => Ok(outcome?),
    }
}

/// Runs work that asks nobody whether it is still wanted on a thread of its own, and waits for it as
/// [`interruptible`] does, `timeout` at most. Work that nobody waits for any more goes on to its end.
pub(crate) fn apart<R: Send + 'static>(
    py: Python<'_>,
    timeout: Option<Seconds>,
    work: impl FnOnce() -> std::result::Result<R, Error> + Send + 'static,
) -> Result<R> {
    let (done, outcome) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("beamlit-python".to_owned());
    thread.spawn(move || done.send(work())).map_err(|_| {
        let message = "the system refused another thread; raise the limit of threads (ulimit -u)";
        Failure::new(ErrorKind::InternalError, message)
    })?;
    let deadline = timeout.map(|Seconds(timeout)| Instant::now() + timeout);
    interruptible(py, move |still_wanted| {
        loop {
            let left = deadline.map_or(SLICE, |at| at.saturating_duration_since(Instant::now()));
            match outcome.recv_timeout(left.min(SLICE)) {
                Ok(outcome) => return outcome,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::new(
                        ErrorKind::InternalError,
                        "a thread of beamlit-auth gave no answer",
                    ));
                }
                Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                    let message = "the time limit passed before the server answered; the request goes on";
                    return Err(Error::new(ErrorKind::DeadlineExceeded, message));
                }
                Err(RecvTimeoutError::Timeout) if !still_wanted() => {
                    return Err(Error::new(
                        ErrorKind::Cancelled,
                        "the wait was cancelled; the request goes on",
                    ));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    })
}

/// The options of one call.
pub(crate) fn options(session: &Session, timeout: Option<Seconds>) -> Call<'_> {
    let call = session.call();
    match timeout {
        Some(Seconds(timeout)) => call.timeout(timeout),
        None => call,
    }
}

/// Runs the functions of signals that have arrived; false if one of them raised, or if the interpreter is ending.
fn signals(raised: &Mutex<Option<PyErr>>) -> bool {
    Python::try_attach(|py| {
        let Err(error) = py.check_signals() else { return true };
        if let Ok(mut raised) = raised.lock() {
            *raised = Some(error);
        }
        false
    })
    .unwrap_or(false)
}
