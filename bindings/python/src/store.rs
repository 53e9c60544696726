//! Stores: an object of Python as the core's store.

use std::time::Duration;

use beamlit_auth::store::{Entry, Guard, Store, StoreError, conformance};
use pyo3::exceptions::{PyAssertionError, PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::error::{Failure, Result as Outcome, names_kind};
use crate::panic::guard;

type Result<T> = std::result::Result<T, StoreError>;

/// An object with `name`, `read`, `write` and `delete`, and `lock` if it likes.
pub(crate) struct Object {
    it: Py<PyAny>,
    name: String,
    has_lock: bool,
}

impl Object {
    /// `object` as a store; `None` if it is none.
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> Option<Self> {
        let has = |method: &str| object.getattr(method).is_ok_and(|method| method.is_callable());
        let name = object.getattr("name").ok()?.extract().ok()?;
        let is_store = ["read", "write", "delete"].into_iter().all(has);
        is_store.then(|| Self { it: object.clone().unbind(), name, has_lock: has("lock") })
    }

    /// Calls a method with the interpreter's lock, unless the interpreter has ended.
    fn with<R>(&self, what: &str, call: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<R>) -> Result<R> {
        let called =
            Python::try_attach(|py| call(self.it.bind(py)).map_err(|error| self.failed(py, what, &error)));
        called.unwrap_or_else(|| {
            Err(StoreError::Unavailable(format!("{}: the interpreter has ended", self.name)))
        })
    }

    /// What a method raised. The text of an exception that is none of ours may hold anything, and is not repeated.
    fn failed(&self, py: Python<'_>, what: &str, error: &PyErr) -> StoreError {
        let value = error.value(py);
        let class = value.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
        let ours = names_kind(value).then(|| value.str().map(|text| text.to_string()).unwrap_or_default());
        let text = ours.unwrap_or_else(|| format!("{}: {what} raised {class}", self.name));
        if !value.is_instance_of::<PyException>() {
            // Ctrl-C came while the method ran: the program is to hear of it, not the store. Last of all, because it is
            // raised by the next code of Python that runs.
            let _ = py.import("_thread").and_then(|thread| thread.call_method0("interrupt_main"));
        }
        match class.as_str() {
            "StoreBusy" => StoreError::Busy,
            "StoreLocked" => StoreError::Locked(text),
            "StoreCorrupt" => StoreError::Corrupt(text),
            "Unsupported" => StoreError::Unsupported(text),
            _ => StoreError::Unavailable(text),
        }
    }
}

impl Store for Object {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, key: &str) -> Result<Option<Entry>> {
        self.with("read", |object| {
            let found = object.call_method1("read", (key,))?;
            if found.is_none() {
                return Ok(None);
            }
            let wrong = |_| PyTypeError::new_err("read gives neither (bytes, str) nor None");
            let (data, version): (Bound<'_, PyBytes>, Bound<'_, PyString>) =
                found.extract().map_err(wrong)?;
            Ok(Some(Entry::new(data.as_bytes(), version.to_str()?)))
        })
    }

    fn write(&self, key: &str, entry: &Entry) -> Result<()> {
        self.with("write", |object| {
            let data = PyBytes::new(object.py(), entry.reveal());
            object.call_method1("write", (key, data, entry.version())).map(drop)
        })
    }

    fn delete(&self, key: &str, version: &str) -> Result<()> {
        self.with("delete", |object| object.call_method1("delete", (key, version)).map(drop))
    }

    fn lock(&self, key: &str, timeout: Duration) -> Result<Guard> {
        if !self.has_lock {
            return Guard::this_host(&self.name, key, timeout);
        }
        let held = self.with("lock", |object| {
            let lock = object.call_method1("lock", (key, timeout.as_secs_f64()))?;
            lock.call_method0("__enter__")?;
            Ok(Held(Some(lock.unbind())))
        })?;
        Ok(Guard::new(held))
    }
}

/// A lock that is held, a context manager that was entered.
struct Held(Option<Py<PyAny>>);

impl Drop for Held {
    fn drop(&mut self) {
        let Some(lock) = self.0.take() else { return };
        let _ = Python::try_attach(|py| {
            let nothing = py.None();
            // What it raises concerns nobody: the login is renewed, and the lock only queued.
            let _ = lock.bind(py).call_method1("__exit__", (&nothing, &nothing, &nothing));
        });
    }
}

/// Tries whether `store` keeps what the engine relies on; `AssertionError` says what it does not.
#[pyfunction]
pub(crate) fn store_conformance(py: Python<'_>, store: &Bound<'_, PyAny>) -> Outcome<()> {
    guard(|| {
        let object = Object::new(store).ok_or_else(|| PyTypeError::new_err(WANTED))?;
        let kept = py.detach(|| conformance(&object));
        kept.map_err(|fault| Failure::Python(PyAssertionError::new_err(fault)))
    })
}

/// What an object has to be.
pub(crate) const WANTED: &str = "the URI of a store or an object with name, read, write and delete";
