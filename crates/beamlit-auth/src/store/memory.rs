//! The store of one process alone: nothing outlives it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::store::{Entry, Guard, Shelf, Store, StoreError};
use crate::sys::{Swap, System};

/// Entries by key, and how many writes there were, so that no version comes twice.
#[derive(Clone, Default)]
struct Entries {
    writes: u64,
    by_key: HashMap<String, Arc<Entry>>,
}

impl Entries {
    /// The version of `key`, "" for none.
    fn version(&self, key: &str) -> &str {
        self.by_key.get(key).map_or("", |entry| entry.version())
    }
}

/// Entries in memory. Replaced as a whole and guarded by no lock, because a fork could catch that held.
pub(crate) struct MemoryStore {
    entries: Swap<Entries>,
    process: u64,
}

impl MemoryStore {
    pub(crate) fn new(system: &dyn System) -> Self {
        Self { entries: Swap::from_pointee(Entries::default()), process: system.process() }
    }

    /// Changes a copy of the entries and puts it in their place; `change` may run several times.
    fn change<R>(&self, mut change: impl FnMut(&mut Entries) -> R) -> R {
        loop {
            let before = self.entries.load_full();
            let mut after = Entries::clone(&before);
            let result = change(&mut after);
            if Arc::ptr_eq(&*self.entries.compare_and_swap(&before, Arc::new(after)), &before) {
                return result;
            }
        }
    }
}

impl Store for MemoryStore {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn read(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        Ok(self.entries.load().by_key.get(key).map(|entry| Entry::clone(entry)))
    }

    fn write(&self, key: &str, entry: &Entry) -> Result<(), StoreError> {
        self.change(|entries| {
            if entries.version(key) != entry.version() {
                return Err(StoreError::Busy);
            }
            entries.writes += 1;
            let written = Entry::new(entry.reveal(), entries.writes.to_string());
            entries.by_key.insert(key.to_owned(), Arc::new(written));
            Ok(())
        })
    }

    fn delete(&self, key: &str, version: &str) -> Result<(), StoreError> {
        self.change(|entries| {
            if version.is_empty() || entries.version(key) != version {
                return Err(StoreError::Busy);
            }
            entries.by_key.remove(key);
            Ok(())
        })
    }

    fn lock(&self, _: &str, _: Duration) -> Result<Guard, StoreError> {
        Ok(Guard::none())
    }
}

impl Shelf for MemoryStore {
    fn process(&self) -> Option<u64> {
        Some(self.process)
    }

    fn keys(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.entries.load().by_key.keys().cloned().collect())
    }
}
