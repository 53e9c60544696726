//! What the engine asks of a store beyond what everybody's store can do.

use std::path::Path;
use std::time::Duration;

use crate::secret::digest;
use crate::store::{Entry, Store, StoreError, Weaker};

/// A store as the engine uses it. The defaults are what can be had from any store.
pub(crate) trait Shelf: Store {
    /// A name under which everybody of this process who has the same name sees the same entries.
    fn place(&self) -> String {
        self.name().to_owned()
    }

    /// The folder that its entries are folders in, if that is how they lie.
    fn folder(&self) -> Option<&Path> {
        None
    }

    /// The process that alone sees what is written here; `None`: every process does. A forked child has a copy.
    fn process(&self) -> Option<u64> {
        None
    }

    /// Whether it is of many programs that share what costs nothing to ask for again, unless a setting says otherwise.
    fn shares(&self) -> bool {
        false
    }

    /// Whether a login may lie there whose server spends its refresh tokens.
    fn admits_rotation(&self) -> bool {
        true
    }

    /// What it cannot promise, wherever it lies.
    fn weaker(&self) -> Vec<Weaker> {
        Vec::new()
    }

    /// A write that a power cut may lose: for what can be had again at any time, and is of no use after `lasts`.
    fn write_lightly(&self, key: &str, entry: &Entry, _lasts: Duration) -> Result<(), StoreError> {
        self.write(key, entry)
    }

    /// Moves the entry of this version, which is no record, out of the way: it can be looked into, and the key is free.
    /// One line that says what was moved.
    fn set_aside(&self, key: &str, version: &str) -> Result<String, StoreError> {
        let found = self.read(key)?.filter(|found| found.version() == version).ok_or(StoreError::Busy)?;
        // Whatever else was set aside stays beside it, and the same is there already.
        let aside = format!("{key}.corrupt-{}", digest(found.reveal()));
        if self.read(&aside)?.is_none() {
            self.write(&aside, &Entry::new(found.reveal(), ""))?;
        }
        self.delete(key, version)?;
        let text =
            format!("{} had no record of a login under {key}, which was set aside as {aside}", self.name());
        log::warn!(target: "beamlit_auth", "{text}");
        Ok(text)
    }

    /// The keys of all entries.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] if it cannot be listed.
    fn keys(&self) -> Result<Vec<String>, StoreError> {
        Err(StoreError::Unsupported(format!("{} cannot be listed", self.name())))
    }
}

#[cfg(test)]
mod tests {
    use super::Shelf;
    use crate::store::memory::MemoryStore;
    use crate::store::{Entry, Store};
    use crate::sys::Unix;

    #[test]
    fn what_was_set_aside_is_never_overwritten() {
        let store = MemoryStore::new(&Unix);
        for text in ["torn", "torn", "half"] {
            store.write("key", &Entry::new(text, "")).unwrap();
            let version = store.read("key").unwrap().unwrap().version().to_owned();
            store.set_aside("key", &version).unwrap();
            assert!(store.read("key").unwrap().is_none());
        }
        let aside = |key: &String| store.read(key).unwrap().map(|entry| entry.reveal().to_vec());
        let mut kept: Vec<_> = store.keys().unwrap().iter().filter_map(aside).collect();
        kept.sort();
        assert_eq!(kept, [b"half", b"torn"]);
    }
}
