//! Errors: the one place where the core's become Python's. The classes are written in `beamlit_auth.errors`.

use beamlit_auth::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyType;

/// Why a method of this module fails.
pub(crate) enum Failure {
    /// The core says so.
    Core(Error),
    /// Python does: a wrong type, or what a signal's function raised.
    Python(PyErr),
}

/// What a method of this module gives.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A core's error made here.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::Core(Error::new(kind, message))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Core(error) => Python::attach(|py| raised(py, &error).unwrap_or_else(|failed| failed)),
            Failure::Python(error) => error,
        }
    }
}

/// Each kind's class, word and number.
pub(crate) fn kinds() -> Vec<(String, &'static str, i32)> {
    ErrorKind::ALL.iter().map(|kind| (class_name(*kind), kind.name(), kind.code())).collect()
}

/// Loads the classes: an import on the way to an error would wait for ever in a child that was forked while another
/// thread was at the same import.
pub(crate) fn load(py: Python<'_>) -> PyResult<()> {
    py.import("beamlit_auth.errors").map(drop)
}

/// The class of Python is called as the kind of Rust is.
fn class_name(kind: ErrorKind) -> String {
    format!("{kind:?}")
}

/// Whether an exception is one of ours, whose text is made to be read.
pub(crate) fn names_kind(exception: &Bound<'_, PyAny>) -> bool {
    let base = exception.py().import("beamlit_auth.errors").and_then(|errors| errors.getattr("BeamlitError"));
    base.is_ok_and(|base| exception.is_instance(&base).unwrap_or(false))
}

/// The exception for `error`. What its class says of every error of the kind is not repeated on it.
fn raised(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let class = py.import("beamlit_auth.errors")?.getattr(class_name(error.kind()))?;
    let exception = class.cast::<PyType>()?.call1((error.message(),))?;
    if let Some(reason) = error.reason() {
        exception.setattr("reason", reason.name())?;
    }
    if let Some(code) = error.oauth_error() {
        exception.setattr("oauth_error", code)?;
        exception.setattr("oauth_error_description", error.oauth_error_description())?;
    }
    if let Some(status) = error.http_status() {
        exception.setattr("http_status", status)?;
    }
    exception.setattr("retry_after", error.retry_after().map(|delay| delay.as_secs_f64()))?;
    Ok(PyErr::from_value(exception))
}
