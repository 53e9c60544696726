//! The store of one process alone: nothing outlives it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::secret::Secret;
use crate::store::{Entry, Store, StoreError};
use crate::sys::{FileLock, Swap, System};

/// Entries by key, each with the number of its last write.
type Entries = HashMap<String, (u64, Arc<Secret>)>;

/// Entries in memory. Replaced as a whole and guarded by no lock, because a fork could catch that held.
pub(crate) struct MemoryStore {
    entries: Swap<Entries>,
    process: u64,
}

impl MemoryStore {
    pub(crate) fn new(system: &dyn System) -> Self {
        Self { entries: Swap::from_pointee(Entries::new()), process: system.process() }
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

    fn process(&self) -> Option<u64> {
        Some(self.process)
    }

    fn read(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let entries = self.entries.load();
        Ok(entries
            .get(key)
            .map(|(number, data)| Entry { data: data.duplicate(), version: number.to_string() }))
    }

    fn write(&self, key: &str, data: &Secret, version: &str) -> Result<(), StoreError> {
        let data = Arc::new(data.duplicate());
        self.change(|entries| {
            let number = entries.get(key).map_or(0, |(number, _)| *number);
            let current = if number == 0 { String::new() } else { number.to_string() };
            if version != current {
                return Err(StoreError::Busy);
            }
            entries.insert(key.to_owned(), (number + 1, Arc::clone(&data)));
            Ok(())
        })
    }

    fn set_aside(&self, key: &str, _: &str) -> Result<String, StoreError> {
        self.change(|entries| entries.remove(key));
        Ok("an entry in memory was no record of a login".to_owned())
    }

    fn lock(&self, _: &str, _: Duration) -> Result<Option<FileLock>, StoreError> {
        Ok(None)
    }

    fn keys(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.entries.load().keys().cloned().collect())
    }
}
