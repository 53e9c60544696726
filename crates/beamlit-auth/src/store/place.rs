//! Where a store is, as its URI says it.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::net::Trust;
use crate::secret::Secret;
use crate::store::encrypted_file::EncryptedFileStore;
use crate::store::file::FileStore;
use crate::store::memory::MemoryStore;
use crate::store::{Shelf, Store};
use crate::sys::{System, Unix};

/// A store that is open already: the one in memory is there only as long as somebody holds it.
pub(crate) struct Opened(AssertUnwindSafe<Arc<dyn Shelf>>);

impl Opened {
    /// A store has no state that a caught panic could leave half done: each operation is one step.
    pub(crate) fn new(store: Arc<dyn Shelf>) -> Self {
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
    /// In this folder, sealed with the passphrase, if there is one.
    EncryptedFile(PathBuf, Option<Arc<Secret>>),
    /// In this process, as long as the session.
    Memory,
}

impl Place {
    /// The place that a URI names; `folder` is that of `file` without a path, `passphrase` what seals an encrypted one, and
    /// `trust` whom a server has to be known to.
    ///
    /// # Errors
    /// `InvalidConfig` for any other URI, which is not repeated.
    pub(crate) fn parse(
        uri: &str,
        folder: Option<PathBuf>,
        passphrase: Option<Arc<Secret>>,
        trust: Trust,
    ) -> Result<Self> {
        let (scheme, path) = uri.split_once(':').map_or((uri, None), |(scheme, path)| (scheme, Some(path)));
        match (scheme, path) {
            ("memory", None) => Ok(Self::Memory),
            ("file", None) => Ok(Self::File(folder)),
            ("file", Some(path)) => Ok(Self::File(Some(absolute(path, "file:PATH")?))),
            ("encrypted-file", Some(path)) => {
                Ok(Self::EncryptedFile(absolute(path, "encrypted-file:PATH")?, passphrase))
            }
            ("redis" | "rediss" | "redis+unix", Some(_)) => redis(uri, trust),
            _ => {
                let message =
                    "store is none of file, file:PATH, encrypted-file:PATH, memory and redis://HOST";
                Err(Error::new(ErrorKind::InvalidConfig, message))
            }
        }
    }

    /// Whether tokens that cost nothing to ask for again are shared there, unless a setting says otherwise.
    pub(crate) fn shares(&self) -> bool {
        matches!(self, Self::Open(Opened(store)) if store.shares())
    }

    /// Opens the store here. Touches nothing.
    ///
    /// # Errors
    /// `StoreUnavailable` if it is to be in a home folder and there is none.
    pub(crate) fn open(&self, system: &Arc<dyn System>) -> Result<Arc<dyn Shelf>> {
        match self {
            Self::Open(Opened(store)) => Ok(Arc::clone(&store.0)),
            Self::Memory => Ok(Arc::new(MemoryStore::new(&**system))),
            Self::File(Some(folder)) => Ok(Arc::new(FileStore::new(folder.clone(), Arc::clone(system)))),
            Self::EncryptedFile(folder, passphrase) => {
                let store = EncryptedFileStore::new(folder.clone(), passphrase.clone(), Arc::clone(system));
                Ok(Arc::new(store))
            }
            Self::File(None) => {
                let message = "the variable HOME names no folder, so there is no place for a login; set it, or store to file:PATH";
                Err(Error::new(ErrorKind::StoreUnavailable, message))
            }
        }
    }
}

/// Opens the store of a URI that says all by itself: `file:PATH`, `memory`, or `redis://HOST` with the authorities that
/// this system trusts. Touches nothing.
///
/// The others depend on the settings of a configuration, and are given to it as text
/// ([`Config::store`](crate::Config::store)): `file` alone on the platform, `encrypted-file:PATH` on the passphrase.
///
/// # Errors
/// `InvalidConfig` for any other URI.
pub fn open(uri: &str) -> Result<Box<dyn Store>> {
    if uri == "file" || uri.starts_with("encrypted-file") {
        let message =
            "a store file or encrypted-file depends on other settings; give its URI to a configuration";
        return Err(Error::new(ErrorKind::InvalidConfig, message));
    }
    let system: Arc<dyn System> = Arc::new(Unix);
    Ok(Box::new(Place::parse(uri, None, None, Trust::default())?.open(&system)?))
}

/// The store in Redis, opened once for all that a configuration is used for, so that they share its connection.
#[cfg(feature = "redis")]
fn redis(uri: &str, trust: Trust) -> Result<Place> {
    let store = crate::store::redis::RedisStore::new(uri, trust, Arc::new(Unix))?;
    Ok(Place::Open(Opened::new(Arc::new(store))))
}

#[cfg(not(feature = "redis"))]
fn redis(_: &str, _: Trust) -> Result<Place> {
    let message = "this build of beamlit-auth has no store in Redis; build it with the feature redis";
    Err(Error::new(ErrorKind::Unsupported, message))
}

fn absolute(path: &str, form: &str) -> Result<PathBuf> {
    if path.starts_with('/') {
        return Ok(path.into());
    }
    Err(Error::new(ErrorKind::InvalidConfig, format!("store {form} wants an absolute path")))
}
