//! The lock of one key, as long as it is held.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use crate::store::StoreError;
use crate::sys;

/// A lock that is held until this goes.
pub struct Guard {
    _held: AssertUnwindSafe<Box<dyn Send>>,
    /// Which lock of which boot of which host it is, where a name for that is known: whoever held the same one before is
    /// gone.
    lock: Option<String>,
}

impl Guard {
    /// A lock that is given back when `held` is dropped.
    pub fn new(held: impl Send + 'static) -> Self {
        Self { _held: AssertUnwindSafe(Box::new(held)), lock: None }
    }

    /// No lock: nobody queues.
    pub fn none() -> Self {
        Self::new(())
    }

    /// The lock of `key` in the store `name` among the programs of this user on this host that see the same files. It is
    /// let go by the system when its process ends.
    ///
    /// # Blocking
    /// `timeout` at most.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if somebody held it all the time; [`StoreError::Unavailable`] where the host has no place for
    /// it.
    pub fn this_host(name: &str, key: &str, timeout: Duration) -> Result<Self, StoreError> {
        match sys::lock_on_this_host(&format!("{name}\n{key}"), timeout) {
            Ok(Some((held, lock))) => Ok(Self::named(held, lock)),
            Ok(None) => Err(StoreError::Busy),
            Err(error) => Err(StoreError::Unavailable(format!("this host has no locks: {error}"))),
        }
    }

    /// A lock whose name tells it from every other one, on other hosts and after the next boot too; "" if none does.
    pub(crate) fn named(held: Box<dyn Send>, lock: String) -> Self {
        Self { _held: AssertUnwindSafe(held), lock: Some(lock).filter(|lock| !lock.is_empty()) }
    }

    /// The name of the lock, if it has one.
    pub(crate) fn lock(&self) -> Option<&str> {
        self.lock.as_deref()
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}
