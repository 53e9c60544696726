//! What lies under one key of a store.

use std::fmt;

use zeroize::Zeroizing;

/// One entry: data, which is secret, and the version that it has or is to replace. Wiped when it goes.
#[derive(Clone)]
pub struct Entry {
    data: Zeroizing<Vec<u8>>,
    version: String,
}

impl Entry {
    /// `data` as it was read at `version`; or as it is to be written in the place of `version`, "" for no entry.
    pub fn new(data: impl Into<Vec<u8>>, version: impl Into<String>) -> Self {
        Self { data: Zeroizing::new(data.into()), version: version.into() }
    }

    /// The data: the one door by which it leaves.
    pub fn reveal(&self) -> &[u8] {
        &self.data
    }

    /// The store's own text for what was read, "" for no entry.
    pub fn version(&self) -> &str {
        &self.version
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({} bytes, version {})", self.data.len(), self.version)
    }
}
