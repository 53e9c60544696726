//! The engine's locks, behind names of ours so that a swap is one line.

use std::time::Duration;

/// A mutex that a panicking holder does not poison.
pub(crate) type Mutex<T> = parking_lot::Mutex<T>;

/// What a [`Mutex`] is held by.
pub(crate) type Guard<'a, T> = parking_lot::MutexGuard<'a, T>;

/// A value that whoever needs it first makes; after a failure the next one tries again.
pub(crate) type OnceCell<T> = once_cell::sync::OnceCell<T>;

/// A condition to wait for beside a [`Mutex`].
#[derive(Default)]
pub(crate) struct Condvar(parking_lot::Condvar);

impl Condvar {
    /// Wakes every waiter.
    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }

    /// Waits until notified or until `limit` has passed, whichever comes first; may also wake for no reason.
    pub(crate) fn wait_for<T>(&self, guard: &mut Guard<'_, T>, limit: Duration) {
        self.0.wait_for(guard, limit);
    }
}
