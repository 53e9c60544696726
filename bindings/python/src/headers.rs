//! Headers: an immutable mapping whose `repr` shows names only.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyMapping};

use crate::imported::Imported;
use crate::token::not_pickled;

/// A str whose `repr` hides it.
static SECRET: Imported = Imported::new("beamlit_auth._secret", "Secret");

/// The headers of a request: an immutable mapping of names to values, safe to share. `dict(headers)`,
/// `{**headers}` and `headers | {...}` give plain dicts.
#[pyclass(frozen, mapping, module = "beamlit_auth")]
pub(crate) struct Headers {
    /// Never handed out, so nobody changes it.
    lines: Py<PyDict>,
    generation: u64,
}

impl Headers {
    /// The core's headers as Python's. The first of them is the credential; its value does not show itself in a
    /// `repr`, wherever it is copied to.
    pub(crate) fn new(py: Python<'_>, headers: &beamlit_auth::Headers) -> PyResult<Self> {
        let secret = SECRET.get(py)?;
        let lines = PyDict::new(py);
        for (index, (name, value)) in headers.iter().enumerate() {
            if index == 0 {
                lines.set_item(name, secret.call1((value,))?)?;
            } else {
                lines.set_item(name, value)?;
            }
        }
        Ok(Self { lines: lines.unbind(), generation: headers.generation() })
    }

    pub(crate) fn number(&self) -> u64 {
        self.generation
    }

    /// Sets each of them in `fields`, a mapping of names.
    pub(crate) fn put(&self, py: Python<'_>, fields: &Bound<'_, PyAny>) -> PyResult<()> {
        self.lines.bind(py).iter().try_for_each(|(name, value)| fields.set_item(name, value))
    }
}

#[pymethods]
impl Headers {
    /// The number of the token in these headers.
    #[getter]
    fn generation(&self) -> u64 {
        self.generation
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.lines.bind(py).as_any().get_item(name)
    }

    fn __contains__(&self, py: Python<'_>, name: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.lines.bind(py).contains(name)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.lines.bind(py).try_iter()
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.lines.bind(py).len()
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        match other.cast::<Self>() {
            Ok(headers) => self.lines.bind(py).eq(headers.get().lines.bind(py)),
            Err(_) => self.lines.bind(py).eq(other),
        }
    }

    /// A plain dict of both; what is in `other` wins.
    fn __or__<'py>(&self, py: Python<'py>, other: &Bound<'py, PyMapping>) -> PyResult<Bound<'py, PyDict>> {
        let both = self.copy(py)?;
        both.update(other)?;
        Ok(both)
    }

    /// A plain dict of both; what is in these headers wins.
    fn __ror__<'py>(&self, py: Python<'py>, other: &Bound<'py, PyMapping>) -> PyResult<Bound<'py, PyDict>> {
        let both = PyDict::new(py);
        both.update(other)?;
        both.update(self.lines.bind(py).as_mapping())?;
        Ok(both)
    }

    /// The value of the header `key`, or `default`.
    #[pyo3(signature = (key, default=None, /))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.lines.bind(py).get_item(key)?.or(default))
    }

    /// The names, as of a dict.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.lines.bind(py).call_method0("keys")
    }

    /// The values, as of a dict.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.lines.bind(py).call_method0("values")
    }

    /// Names and values, as of a dict.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.lines.bind(py).call_method0("items")
    }

    /// A plain dict.
    fn copy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.lines.bind(py).copy()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let names = self.lines.bind(py).keys();
        let names: Vec<String> = names.iter().map(|name| name.extract()).collect::<PyResult<_>>()?;
        Ok(format!("<Headers {}, generation {}>", names.join(", "), self.generation))
    }

    #[expect(clippy::unused_self, reason = "Python passes it")]
    fn __reduce__(&self) -> PyResult<()> {
        Err(not_pickled("Headers"))
    }
}

/// Makes `isinstance(headers, Mapping)` true; the module is the one that the interpreter itself has loaded already.
///
/// Loads what the headers need, too: an import on the way to them would wait for ever in a child that was forked while
/// another thread was at the same import.
pub(crate) fn register(py: Python<'_>) -> PyResult<()> {
    SECRET.get(py)?;
    let mapping = py.import("_collections_abc")?.getattr("Mapping")?;
    mapping.call_method1("register", (py.get_type::<Headers>(),)).map(drop)
}
