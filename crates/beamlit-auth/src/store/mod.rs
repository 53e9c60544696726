//! Stores: where a login lives between processes. Every store gives the same few operations.

mod file;
mod memory;
pub(crate) mod mirror;
mod weaker;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;
use crate::store::file::FileStore;
use crate::store::memory::MemoryStore;
use crate::sys::{FileLock, System};

pub(crate) use weaker::{Weaker, weaker};

/// A store that is open already: the one in memory is there only as long as somebody holds it.
pub(crate) struct Opened(AssertUnwindSafe<Arc<dyn Store>>);

impl Opened {
    /// A store has no state that a caught panic could leave half done: each operation is one step.
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self(AssertUnwindSafe(store))
    }
}

impl Clone for Opened {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.0))
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// Where a store is.
#[derive(Clone)]
pub(crate) enum Place {
    /// Here.
    Open(Opened),
    /// In this folder; `None` if the environment names no home folder.
    File(Option<PathBuf>),
    /// In this process, as long as the session.
    Memory,
}

/// Opens the store at `place`. Touches nothing.
///
/// # Errors
/// `StoreUnavailable` if it is to be in a home folder and there is none.
pub(crate) fn open(place: &Place, system: &Arc<dyn System>) -> Result<Arc<dyn Store>> {
    match place {
        Place::Open(Opened(store)) => Ok(Arc::clone(&store.0)),
        Place::Memory => Ok(Arc::new(MemoryStore::new(&**system))),
        Place::File(Some(folder)) => Ok(Arc::new(FileStore::new(folder.clone(), Arc::clone(system)))),
        Place::File(None) => {
            let message = "the variable HOME names no folder, so there is no place for a login; set it, or store to file:PATH";
            Err(Error::new(ErrorKind::StoreUnavailable, message))
        }
    }
}

/// Where entries lie, by key. Correctness rests on the compare-and-set of `write` and `delete` alone; a lock only
/// queues those who would get in each other's way.
pub(crate) trait Store: Send + Sync {
    /// What errors and `bl status` call it, for example `file:/home/ada/.beamlit/auth`.
    fn name(&self) -> &str;
    /// The process that alone sees what is written here; `None`: every process does. A forked child has a copy.
    fn process(&self) -> Option<u64> {
        None
    }
    /// The entry of `key`.
    ///
    /// # Errors
    /// [`StoreError::SetAside`] if what was there could not be an entry: it is out of the way, and there is none now.
    fn read(&self, key: &str) -> std::result::Result<Option<Entry>, StoreError>;
    /// Puts `data` in the place of the entry whose version is `version`, "" for none; durable when it returns.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if that is not the entry's version any more: nothing was written.
    fn write(&self, key: &str, data: &Secret, version: &str) -> std::result::Result<(), StoreError>;
    /// The same, but a power cut may lose it: for what can be had again at any time.
    fn write_lightly(&self, key: &str, data: &Secret, version: &str) -> std::result::Result<(), StoreError> {
        self.write(key, data, version)
    }
    /// Moves the entry of this version, which is no record, out of the way: it can be looked into, and the key is free.
    /// One line that says what was moved.
    fn set_aside(&self, key: &str, version: &str) -> std::result::Result<String, StoreError>;
    /// Waits for the lock of `key`. `None`: the store has no locks, and its callers do without.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if somebody held it all the time.
    fn lock(&self, key: &str, timeout: Duration) -> std::result::Result<Option<FileLock>, StoreError>;
    /// The keys of all entries.
    fn keys(&self) -> std::result::Result<Vec<String>, StoreError>;
}

/// One entry as it was read.
pub(crate) struct Entry {
    pub(crate) data: Secret,
    /// The store's own name for what was read; another one after every write.
    pub(crate) version: String,
}

/// Why a store did not do it.
#[derive(Debug)]
pub(crate) enum StoreError {
    /// Somebody was faster.
    Busy,
    /// Nothing can be written there by this user; what is there can be read.
    ReadOnly(String),
    /// It cannot be used now: one line that says why.
    Unavailable(String),
    /// What was there was no entry and is out of the way: one line that says where.
    SetAside(String),
    /// What is there is no entry and cannot be moved out of the way: one line that says why.
    Corrupt(String),
}
