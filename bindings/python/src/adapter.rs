//! `auth=session`: which library asks, known by what its requests can do.

use beamlit_auth::ErrorKind;
use pyo3::intern;
use pyo3::prelude::*;

use crate::error::{Failure, Result};
use crate::imported::Imported;
use crate::session::Session;

/// Attaches the session's headers to a request of requests or httpx and gives it back. Each library has its module,
/// which is loaded when it is first needed.
pub(crate) fn attach<'py>(
    session: &Bound<'py, Session>,
    request: &Bound<'py, PyAny>,
) -> Result<Bound<'py, PyAny>> {
    static REQUESTS: Imported = Imported::new("beamlit_auth._requests", "attach");
    static HTTPX: Imported = Imported::new("beamlit_auth._httpx", "attach");
    let py = session.py();
    let attach = if request.hasattr(intern!(py, "register_hook"))? {
        REQUESTS.get(py)?
    } else if request.hasattr(intern!(py, "extensions"))? {
        HTTPX.get(py)?
    } else {
        let message =
            "auth=session is for requests and for httpx.Client; elsewhere pass headers=session.headers(url)";
        return Err(Failure::new(ErrorKind::InvalidArgument, message));
    };
    Ok(attach.call1((session, request))?)
}
