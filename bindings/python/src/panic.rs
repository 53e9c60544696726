//! Panics stop here: one of the core is an `InternalError` in Python, not an exception that no `except Exception`
//! catches.

use std::panic::{AssertUnwindSafe, catch_unwind};

use beamlit_auth::ErrorKind;
#[cfg(debug_assertions)]
use pyo3::prelude::*;

use crate::error::{Failure, Result};

/// Runs what may meet a bug of the core.
///
/// # Errors
/// `InternalError` in the place of a panic.
pub(crate) fn guard<R>(work: impl FnOnce() -> Result<R>) -> Result<R> {
    // Nobody sees what the panic left half done: the core's own locks poison or are released, and the session is closed.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = "a panic, which is a bug of beamlit-auth; please report it, and open another session";
        Err(Failure::new(ErrorKind::InternalError, message))
    })
}

/// Panics inside of a call on `session`, as a bug would. No release has it.
#[cfg(debug_assertions)]
#[pyfunction]
#[expect(clippy::panic, reason = "it is what this is for")]
pub(crate) fn _panic(session: &crate::session::Session) -> Result<()> {
    session.guarded(|| panic!("on purpose"))
}
