//! What the engine asks of a store beyond what everybody's store can do.

use crate::store::{Entry, Store, StoreError};

/// A store as the engine uses it. The defaults are what can be had from any store.
pub(crate) trait Shelf: Store {
    /// A name under which everybody of this process who has the same name sees the same entries.
    fn place(&self) -> String {
        self.name().to_owned()
    }

    /// The process that alone sees what is written here; `None`: every process does. A forked child has a copy.
    fn process(&self) -> Option<u64> {
        None
    }

    /// A write that a power cut may lose: for what can be had again at any time.
    fn write_lightly(&self, key: &str, entry: &Entry) -> Result<(), StoreError> {
        self.write(key, entry)
    }

    /// Moves the entry of this version, which is no record, out of the way: it can be looked into, and the key is free.
    /// One line that says what was moved.
    fn set_aside(&self, key: &str, version: &str) -> Result<String, StoreError> {
        let found = self.read(key)?.filter(|found| found.version() == version).ok_or(StoreError::Busy)?;
        let aside = format!("{key}.corrupt");
        // What was set aside there before has been looked into, or never will be.
        let before = self.read(&aside)?.map_or(String::new(), |before| before.version().to_owned());
        self.write(&aside, &Entry::new(found.reveal(), before))?;
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
