//! Waiting: without the interpreter's lock, and never deaf to Ctrl-C.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use beamlit_auth::{Call, Error, ErrorKind, Session, shutdown_while};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;

use crate::error::{Failure, Result};
use crate::seconds::Seconds;

/// Whether the process is likely to end now, by Ctrl-C in its last wait, say, and keeps nothing of what it asked for.
static HURRY: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// What ends the waits of this thread.
    static GIVEN_UP: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// A piece of work on a thread of its own whose waits another thread can end: what a coroutine waits with.
#[pyclass(frozen, module = "beamlit_auth._native")]
pub(crate) struct Wait(Arc<AtomicBool>);

#[pymethods]
impl Wait {
    #[new]
    fn new() -> Self {
        Self(Arc::default())
    }

    /// Calls `work` on this thread and gives what it returns.
    fn run<'py>(&self, work: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let before = GIVEN_UP.replace(Some(Arc::clone(&self.0)));
        let outcome = work.call0();
        GIVEN_UP.set(before);
        outcome
    }

    /// Ends what waits in `work` with `Cancelled`, within 50 ms; what it waits for goes on.
    fn give_up(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

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
    let given_up = GIVEN_UP.with_borrow(Clone::clone);
    let is_given_up = || given_up.as_ref().is_some_and(|given_up| given_up.load(Ordering::Relaxed));
    if is_given_up() {
        return Err(Failure::new(ErrorKind::Cancelled, "the wait was given up before it began"));
    }
    HURRY.store(false, Ordering::Relaxed);
    let raised = Mutex::new(None);
    let outcome = py.detach(|| wait(&|| !is_given_up() && signals(&raised)));
    check(py, raised)?;
    Ok(outcome?)
}

/// Waits for what is under way before the process ends. Ctrl-C leaves nothing to be waited for but what spends; it has
/// come if `interrupted` says so, if it ended the last wait, or if it comes now.
pub(crate) fn to_the_end(py: Python<'_>, Seconds(limit): Seconds, interrupted: bool) -> Result<bool> {
    let patient = !interrupted && !HURRY.load(Ordering::Relaxed);
    let raised = Mutex::new(None);
    let ended = py.detach(|| shutdown_while(limit, &|| patient && signals(&raised)));
    check(py, raised)?;
    Ok(ended)
}

/// Lets the end of the process wait for nothing but what spends.
pub(crate) fn hurry() {
    HURRY.store(true, Ordering::Relaxed);
}

/// Raises what the function of a signal has raised.
fn check(py: Python<'_>, raised: Mutex<Option<PyErr>>) -> Result<()> {
    let Ok(Some(error)) = raised.into_inner() else { return Ok(()) };
    if error.is_instance_of::<PyKeyboardInterrupt>(py) {
        hurry();
    }
    Err(PyErr::into(error))
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
