//! A store of the caller's.

use std::time::Duration;

use crate::printable::printable;
use crate::store::{Entry, Guard, Shelf, Store, StoreError};

/// Longest name and longest text of a store that are shown, in characters.
const LIMIT: usize = 300;

/// A store of the caller's, whose texts are not trusted to be one printable line.
pub(crate) struct Custom {
    store: Box<dyn Store>,
    name: String,
}

impl Custom {
    pub(crate) fn new(store: Box<dyn Store>) -> Self {
        let name = printable(store.name(), LIMIT);
        Self { store, name }
    }
}

impl Store for Custom {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.store.read(key).map_err(shown)
    }

    fn write(&self, key: &str, entry: &Entry) -> Result<(), StoreError> {
        self.store.write(key, entry).map_err(shown)
    }

    fn delete(&self, key: &str, version: &str) -> Result<(), StoreError> {
        self.store.delete(key, version).map_err(shown)
    }

    fn lock(&self, key: &str, timeout: Duration) -> Result<Guard, StoreError> {
        self.store.lock(key, timeout).map_err(shown)
    }
}

impl Shelf for Custom {
    /// Two stores of the same name need not be the same.
    fn place(&self) -> String {
        format!("{}@{:p}", self.name, self)
    }
}

fn shown(error: StoreError) -> StoreError {
    let shown = |text: String| printable(&text, LIMIT);
    match error {
        StoreError::Busy => StoreError::Busy,
        StoreError::ReadOnly(text) => StoreError::ReadOnly(shown(text)),
        StoreError::Unavailable(text) => StoreError::Unavailable(shown(text)),
        StoreError::Locked(text) => StoreError::Locked(shown(text)),
        StoreError::KeyMissing(text) => StoreError::KeyMissing(shown(text)),
        StoreError::SetAside(text) => StoreError::SetAside(shown(text)),
        StoreError::Corrupt(text) => StoreError::Corrupt(shown(text)),
        StoreError::Unsupported(text) => StoreError::Unsupported(shown(text)),
    }
}
