//! What each process has of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arc_swap::{ArcSwapOption, Guard};

use crate::sys::running::RUNNING;
use crate::sys::{System, held};

/// How many forks lie between the first process and this one, as far as it was told. The system's number of a process
/// alone would not do: it can come again, in another namespace even at once.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// A value that a forked child does not share with its parent: connections, and locks that may be held at the fork.
pub(crate) struct PerProcess<T>(ArcSwapOption<(u64, T)>);

/// This process's value.
pub(crate) type Own<T> = Arc<(u64, T)>;

impl<T> PerProcess<T> {
    pub(crate) fn new(system: &dyn System, value: T) -> Self {
        Self(ArcSwapOption::from_pointee((system.process(), value)))
    }

    /// A value that whoever needs it first makes.
    pub(crate) const fn empty() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    /// This process's value. A child that finds its parent's makes another one, by `make`, before it touches any
    /// lock; the parent's is leaked, so that nothing that the parent still uses is closed.
    pub(crate) fn get<E>(
        &self,
        system: &dyn System,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Own<T>, E> {
        let found = self.0.load_full();
        if let Some(found) = found.as_ref().filter(|found| found.0 == system.process()) {
            return Ok(Arc::clone(found));
        }
        let own = Arc::new((system.process(), make()?));
        let before = Guard::into_inner(self.0.compare_and_swap(&found, Some(Arc::clone(&own))));
        if before.as_ref().map(Arc::as_ptr) == found.as_ref().map(Arc::as_ptr) {
            std::mem::forget(found);
            return Ok(own);
        }
        // Another thread of this process was faster.
        Ok(before.unwrap_or(own))
    }
}

/// This process, as long as the machine runs.
pub(super) fn this_process() -> u64 {
    u64::from(FORKS.load(Ordering::Relaxed)) << 32 | u64::from(std::process::id())
}

/// What a forked child does first, while it has one thread: it lets go of what is its parent's. Takes no lock.
pub(crate) fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    held::close_all();
    RUNNING.begin_anew_after_a_fork();
}
