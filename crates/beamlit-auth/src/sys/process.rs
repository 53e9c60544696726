//! What each process has of its own.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::error::Result;
use crate::sys::System;

/// A value that a forked child does not share with its parent: connections, and locks that may be held at the fork.
pub(crate) struct PerProcess<T>(ArcSwap<(u32, T)>);

/// This process's value.
pub(crate) type Own<T> = Arc<(u32, T)>;

impl<T> PerProcess<T> {
    pub(crate) fn new(system: &dyn System, value: T) -> Self {
        Self(ArcSwap::from_pointee((system.pid(), value)))
    }

    /// This process's value. A child that finds its parent's makes another one, by `make`, before it touches any
    /// lock; the parent's is leaked, so that nothing that the parent still uses is closed.
    pub(crate) fn get(&self, system: &dyn System, make: impl FnOnce() -> Result<T>) -> Result<Own<T>> {
        let found = self.0.load_full();
        if found.0 == system.pid() {
            return Ok(found);
        }
        let own = Arc::new((system.pid(), make()?));
        let before = self.0.compare_and_swap(&found, Arc::clone(&own));
        if Arc::ptr_eq(&before, &found) {
            std::mem::forget(found);
            return Ok(own);
        }
        Ok(Arc::clone(&before))
    }
}
