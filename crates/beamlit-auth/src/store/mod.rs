//! Stores: where a login lives between processes. Every store gives the same few operations, one's own too.
//!
//! ```
//! use beamlit_auth::store::{self, Entry, Store, StoreError};
//!
//! /// A store in some database, which is a map here.
//! #[derive(Default)]
//! struct Vault(std::sync::Mutex<std::collections::HashMap<String, (Vec<u8>, u64)>>);
//!
//! impl Vault {
//!     /// The number of what lies there, "" for nothing.
//!     fn version(&self, key: &str) -> String {
//!         self.0.lock().unwrap().get(key).map_or(String::new(), |(_, number)| number.to_string())
//!     }
//! }
//!
//! impl Store for Vault {
//!     fn name(&self) -> &str {
//!         "vault"
//!     }
//!
//!     fn read(&self, key: &str) -> Result<Option<Entry>, StoreError> {
//!         let found = self.0.lock().unwrap().get(key).cloned();
//!         Ok(found.map(|(data, number)| Entry::new(data, number.to_string())))
//!     }
//!
//!     fn write(&self, key: &str, entry: &Entry) -> Result<(), StoreError> {
//! #       let mut numbers = NUMBERS.lock().unwrap();
//!         if self.version(key) != entry.version() {
//!             return Err(StoreError::Busy);
//!         }
//! #       *numbers += 1; let number = *numbers;
//!         // No number comes twice, not even after an entry was deleted.
//!         self.0.lock().unwrap().insert(key.to_owned(), (entry.reveal().to_vec(), number));
//!         Ok(())
//!     }
//!
//!     fn delete(&self, key: &str, version: &str) -> Result<(), StoreError> {
//! #       let _numbers = NUMBERS.lock().unwrap();
//!         if version.is_empty() || self.version(key) != version {
//!             return Err(StoreError::Busy);
//!         }
//!         self.0.lock().unwrap().remove(key);
//!         Ok(())
//!     }
//! }
//! # static NUMBERS: std::sync::Mutex<u64> = std::sync::Mutex::new(0);
//!
//! store::conformance(&Vault::default()).unwrap();
//! ```
//!
//! # Redis
//!
//! With the feature `redis`, `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]` is a store for the programs of many hosts;
//! `rediss://` is the same with TLS and the authorities of all other connections (setting `ca_file`), and
//! `redis+unix:///PATH[?db=DATABASE]` a socket of this machine. User and password are percent-encoded, and no error shows them.
//! Without the feature all of these are `Unsupported`.
//!
//! Client credentials make one request at each expiry in the whole fleet ([`Config::share`](crate::Config::share), which is on
//! there); their secret never leaves the process. While the server is away each process serves what is valid and asks for
//! itself. An operation takes two seconds at most, connecting included, and after one that failed the server is left alone for
//! five. Tokens that are over go by themselves.
//!
//! A login may lie there too, for a fleet of one login, if its refresh token stays good at a renewal (rotation `none`). Where
//! the server spends refresh tokens the URI has to say `?rotating=1`, and the promise is a weaker one: run one primary with
//! `appendfsync always` and without eviction; a fail-over, or a crash, that loses writes may cost the login, or have its
//! refresh token sent twice.
//!
//! A server with access rules has to allow AUTH, SELECT, HMGET, EVALSHA, SCRIPT LOAD and SCAN on the keys `beamlit-auth:*`, and
//! in scripts HGET, HSET, GET, SET, DEL, PERSIST and PEXPIRE. Clusters are not spoken to.

mod choice;
mod conformance;
mod custom;
mod encrypted_file;
mod entry;
mod file;
mod guard;
mod memory;
pub(crate) mod mirror;
mod place;
#[cfg(feature = "redis")]
mod redis;
mod refusal;
mod seal;
mod shelf;
mod weaker;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

pub use choice::Choice;
pub use conformance::conformance;
pub use entry::Entry;
pub use guard::Guard;
pub use place::open;
pub use refusal::StoreError;

pub(crate) use choice::Chosen;
pub(crate) use place::{Opened, Place};
pub(crate) use shelf::Shelf;
pub(crate) use weaker::{Weaker, weaker};

/// Where entries lie, by key. Correctness rests on the compare-and-set of `write` and `delete` alone; a lock only
/// queues those who would get in each other's way. [`conformance()`] tries all of it.
///
/// A key is of ASCII letters, digits, hyphens, underscores and dots, 200 at most, and no secret. What an entry holds is
/// opaque, secret, and 1 MiB at most. A version is the store's own text, "" stands for no entry, and no version comes
/// twice for a key. Nobody is told a new version: after a write the engine reads back.
///
/// Every method may be called from any thread at once, and should take a few seconds at most, because time limits of a
/// session end the wait of its caller and not the store's work. A store that a forked child has a copy of, in memory for
/// example, must not hold a login.
pub trait Store: Any + Send + Sync {
    /// What errors and `bl status` call it, for example `vault`; no secret.
    fn name(&self) -> &str;

    /// The entry of `key`, if there is one.
    ///
    /// # Errors
    /// Whatever keeps the store from saying so.
    fn read(&self, key: &str) -> Result<Option<Entry>, StoreError>;

    /// Puts the data of `entry` in the place of the entry that has its version; durable when it returns.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if that is not the entry's version any more: nothing was written, or whoever was faster has
    /// replaced it already.
    fn write(&self, key: &str, entry: &Entry) -> Result<(), StoreError>;

    /// Removes the entry that has this version.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if that is not the entry's version any more: nothing was removed.
    fn delete(&self, key: &str, version: &str) -> Result<(), StoreError>;

    /// Waits for the lock of `key`, `timeout` at most, and holds it as long as what it gives is there. By default the
    /// programs of this user on this host queue, and versions catch those of other hosts.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if somebody held it all the time. Callers go on without it then, and after any other error.
    fn lock(&self, key: &str, timeout: Duration) -> Result<Guard, StoreError> {
        Guard::this_host(self.name(), key, timeout)
    }
}

/// A store behind one pointer.
macro_rules! behind_a_pointer {
    ($($pointer:ident),*) => {$(
        impl<S: Store + ?Sized> Store for $pointer<S> {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn read(&self, key: &str) -> Result<Option<Entry>, StoreError> {
                (**self).read(key)
            }

            fn write(&self, key: &str, entry: &Entry) -> Result<(), StoreError> {
                (**self).write(key, entry)
            }

            fn delete(&self, key: &str, version: &str) -> Result<(), StoreError> {
                (**self).delete(key, version)
            }

            fn lock(&self, key: &str, timeout: Duration) -> Result<Guard, StoreError> {
                (**self).lock(key, timeout)
            }
        }
    )*};
}

behind_a_pointer!(Arc, Box);
