//! The store of one session alone: nothing outlives it.

use std::collections::HashMap;
use std::time::Duration;

use crate::secret::Secret;
use crate::store::{Entry, Store, StoreError};
use crate::sys::{FileLock, Mutex};

/// Entries in memory, each with the number of its last write.
#[derive(Default)]
pub(crate) struct MemoryStore(Mutex<HashMap<String, (u64, Secret)>>);

impl Store for MemoryStore {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn read(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let entries = self.0.lock();
        Ok(entries
            .get(key)
            .map(|(number, data)| Entry { data: data.duplicate(), version: number.to_string() }))
    }

    fn write(&self, key: &str, data: &Secret, version: &str) -> Result<(), StoreError> {
        let mut entries = self.0.lock();
        let number = entries.get(key).map_or(0, |(number, _)| *number);
        let current = if number == 0 { String::new() } else { number.to_string() };
        if version != current {
            return Err(StoreError::Busy);
        }
        entries.insert(key.to_owned(), (number + 1, data.duplicate()));
        Ok(())
    }

    fn set_aside(&self, key: &str, _: &str) -> Result<(), StoreError> {
        self.0.lock().remove(key);
        Ok(())
    }

    fn lock(&self, _: &str, _: Duration) -> Result<Option<FileLock>, StoreError> {
        Ok(None)
    }

    fn keys(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.0.lock().keys().cloned().collect())
    }
}
