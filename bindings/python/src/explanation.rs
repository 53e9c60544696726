//! Explanations: which credential is used and why, as data.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::Result;
use crate::panic::guard;
use crate::settings::Settings;

/// Which credential is used and why: each place that was looked at, and what was picked. Holds no secret; `str()` gives
/// it for people.
#[pyclass(frozen, module = "beamlit_auth")]
pub(crate) struct Explanation(beamlit_auth::Explanation);

impl Explanation {
    pub(crate) fn new(explanation: beamlit_auth::Explanation) -> Self {
        Self(explanation)
    }
}

#[pymethods]
impl Explanation {
    /// Whether a credential was picked.
    #[getter]
    fn ok(&self) -> bool {
        self.0.is_ok()
    }

    /// One JSON object with `version`, `picked` (null if nothing was) and `links`. Members may be added.
    fn json(&self) -> String {
        self.0.to_json()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Explanation ok={}>", if self.0.is_ok() { "True" } else { "False" })
    }
}

/// Explains which credential a `Session` with the same settings would use. Local, asks nobody, opens nothing.
///
/// Settings that cannot be used are explained too: what is wrong with them is the reason why nothing was picked.
#[pyfunction]
#[pyo3(signature = (workspace=None, **settings))]
pub(crate) fn explain(
    py: Python<'_>,
    workspace: Option<String>,
    settings: Option<&Bound<'_, PyDict>>,
) -> Result<Explanation> {
    let settings = Settings::read(py, "explain", workspace, settings)?;
    guard(|| Ok(Explanation(py.detach(|| settings.config.explain()))))
}
