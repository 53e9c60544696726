//! What this module needs of Python's own modules, imported when it is first needed.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// One name of one module.
pub(crate) struct Imported {
    module: &'static str,
    name: &'static str,
    found: PyOnceLock<Py<PyAny>>,
}

impl Imported {
    pub(crate) const fn new(module: &'static str, name: &'static str) -> Self {
        Self { module, name, found: PyOnceLock::new() }
    }

    /// The object.
    ///
    /// Nothing is locked while the import runs: another thread may fork meanwhile, and its child would wait for ever.
    pub(crate) fn get<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(found) = self.found.get(py) {
            return Ok(found.bind(py).clone());
        }
        let found = py.import(self.module)?.getattr(self.name)?;
        // Another thread may have been faster; it found the same.
        let _ = self.found.set(py, found.clone().unbind());
        Ok(found)
    }
}
