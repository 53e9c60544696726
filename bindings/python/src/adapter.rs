//! Adapters: a session in the form that an HTTP library takes. Each has its module, which is loaded when it is first
//! asked for, and the library with it.

use beamlit_auth::ErrorKind;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::error::{Failure, Result};
use crate::imported::Imported;
use crate::requests;
use crate::session::Session;

/// `auth=session`: attaches the session's headers to a request of requests or httpx and gives it back. Which of the
/// two it is shows in what its requests have.
pub(crate) fn attach<'py>(
    session: &Bound<'py, Session>,
    request: &Bound<'py, PyAny>,
) -> Result<Bound<'py, PyAny>> {
    static HTTPX: Imported = Imported::new("beamlit_auth._httpx", "attach");
    let py = session.py();
    if let Ok(hooks) = request.getattr(intern!(py, "hooks")) {
        requests::attach(session, request, &hooks)?;
        return Ok(request.clone());
    }
    if request.hasattr(intern!(py, "extensions"))? {
        return Ok(HTTPX.get(py)?.call1((session, request))?);
    }
    let message = "auth=session is for requests and for httpx.Client; other libraries have a method each, such as \
                   session.aiohttp(), or take headers=session.headers(url)";
    Err(Failure::new(ErrorKind::InvalidArgument, message))
}

/// What `module.name(session, ...)` makes of the session.
pub(crate) fn made<'py>(
    session: &Bound<'py, Session>,
    module: &str,
    name: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    session.py().import(module)?.getattr(name)?.call1((session,))
}
