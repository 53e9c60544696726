//! Waiting: without the interpreter's lock, and never deaf to Ctrl-C.

use std::sync::Mutex;

use beamlit_auth::{Call, Error, Session};
use pyo3::prelude::*;

use crate::error::Result;
use crate::seconds::Seconds;

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
