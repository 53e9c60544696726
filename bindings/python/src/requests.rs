//! requests: headers on a prepared request, and the hook that looks at each answer to it.
//!
//! The hook's work is in `beamlit_auth._requests`, which is loaded by the first answer that needs it.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use crate::error::Result;
use crate::headers::Headers;
use crate::imported::Imported;
use crate::session::Session;

/// Looks at each answer to one request before requests copies the request for a redirect.
#[pyclass(module = "beamlit_auth._native")]
pub(crate) struct Answers {
    #[pyo3(get)]
    session: Py<Session>,
    /// What the request carries; a 401 puts others in their place.
    #[pyo3(get, set)]
    headers: Py<Headers>,
}

#[pymethods]
impl Answers {
    #[pyo3(signature = (response, **options))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        response: &Bound<'py, PyAny>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        static ANSWERED: Imported = Imported::new("beamlit_auth._requests", "answered");
        let options = options.map_or_else(|| PyDict::new(slf.py()), Clone::clone);
        ANSWERED.get(slf.py())?.call1((slf, response, options))
    }
}

/// Puts the session's headers on `request`, and has each answer to it looked at.
pub(crate) fn attach(
    session: &Bound<'_, Session>,
    request: &Bound<'_, PyAny>,
    hooks: &Bound<'_, PyAny>,
) -> Result<()> {
    let py = session.py();
    let url = request.getattr(intern!(py, "url"))?;
    let method = request.getattr(intern!(py, "method"))?;
    let headers = session.get().headers(py, text(&url, "")?, text(&method, "GET")?, None)?;
    headers.get().put(py, &request.getattr(intern!(py, "headers"))?)?;
    let answers = Answers { session: session.clone().unbind(), headers };
    // What `register_hook` does, without its look at the hook's type.
    let listening = hooks.get_item(intern!(py, "response"))?;
    Ok(listening.cast::<PyList>().map_err(PyErr::from)?.append(answers)?)
}

/// What is not set is None there.
fn text<'a>(value: &'a Bound<'_, PyAny>, otherwise: &'static str) -> PyResult<&'a str> {
    if value.is_none() { Ok(otherwise) } else { value.cast::<PyString>()?.to_str() }
}
