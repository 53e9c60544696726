//! Tokens: the snapshot as callers see it.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::seconds::{expires, unix};

/// An access token, or an API key: an immutable snapshot, safe to share. `reveal()` is the one door to its text.
#[pyclass(frozen, module = "beamlit_auth")]
pub(crate) struct Token(beamlit_auth::Token);

impl Token {
    pub(crate) fn new(token: beamlit_auth::Token) -> Self {
        Self(token)
    }

    pub(crate) fn text(&self) -> &str {
        self.0.reveal()
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.generation()
    }
}

#[pymethods]
impl Token {
    /// The secret text. Protecting what is made of it is the caller's part.
    fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// `Bearer` (RFC 6750) for an access token, empty for an API key.
    #[getter]
    fn token_type(&self) -> &str {
        self.0.token_type()
    }

    /// The scope that the server granted, words separated by blanks; empty if none was asked for or named.
    #[getter]
    fn scope(&self) -> &str {
        self.0.scope()
    }

    /// The number of this snapshot; each new token of a session has a higher one.
    #[getter]
    fn generation(&self) -> u64 {
        self.0.generation()
    }

    /// When it expires, in seconds since 1970; None for an API key, which does not.
    #[getter]
    fn expires_at(&self) -> Option<f64> {
        self.0.expires_at().map(unix)
    }

    fn __repr__(&self) -> String {
        match self.0.expires_at() {
            Some(at) => format!("<Token {} {}>", self.0.token_type(), expires(at)),
            None => "<Token of an API key>".to_owned(),
        }
    }

    #[expect(clippy::unused_self, reason = "Python passes it")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(not_pickled("a Token"))
    }
}

/// What pickling something secret raises.
pub(crate) fn not_pickled(what: &str) -> PyErr {
    PyTypeError::new_err(format!(
        "{what} holds a secret and is not pickled; set BL_API_KEY or BL_CLIENT_CREDENTIALS in the environment of \
         the other process, or log in once with `bl login`, and open a Session there"
    ))
}
