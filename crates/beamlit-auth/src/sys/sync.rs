//! The engine's locks, behind names of ours so that a swap is one line.
//!
//! Each stands for itself. Locks that park their waiters in one table for the whole process, as those of the crate
//! `parking_lot` do, have locks in that table too: a fork that catches one of them held leaves a child in which some
//! later wait never ends, however new the lock is that it waits for.

use std::ops::{Deref, DerefMut};
#[cfg(not(all(test, simulation)))]
use std::sync as primitive;
use std::sync::PoisonError;
use std::time::Duration;

#[cfg(all(test, simulation))]
use crate::sys::primitive;

/// A mutex that a panicking holder does not poison.
pub(crate) struct Mutex<T>(primitive::Mutex<T>);

/// What a [`Mutex`] is held by.
pub(crate) struct Guard<'a, T> {
    mutex: &'a Mutex<T>,
    /// Away only while [`Guard::unlocked`] or [`Condvar::wait_for`] run, which borrow the guard for that long.
    held: Option<primitive::MutexGuard<'a, T>>,
}

/// A value that whoever needs it first makes; after a failure the next one tries again.
pub(crate) type OnceCell<T> = once_cell::sync::OnceCell<T>;

/// A value that is read and replaced as a whole, without a lock.
pub(crate) type Swap<T> = arc_swap::ArcSwap<T>;

/// A condition to wait for beside a [`Mutex`].
#[derive(Default)]
pub(crate) struct Condvar(primitive::Condvar);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(primitive::Mutex::new(value))
    }

    /// Waits until nobody else holds it.
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        Guard { mutex: self, held: Some(self.acquire()) }
    }

    fn acquire(&self) -> primitive::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a, T> Guard<'a, T> {
    /// Lets go of the mutex while `work` runs.
    pub(crate) fn unlocked<R>(guard: &mut Guard<'a, T>, work: impl FnOnce() -> R) -> R {
        guard.held = None;
        let result = work();
        guard.held = Some(guard.mutex.acquire());
        result
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    #[expect(clippy::expect_used, reason = "nobody else can look while the guard is borrowed to be away")]
    fn deref(&self) -> &T {
        self.held.as_deref().expect("the mutex is held")
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[expect(clippy::expect_used, reason = "nobody else can look while the guard is borrowed to be away")]
    fn deref_mut(&mut self) -> &mut T {
        self.held.as_deref_mut().expect("the mutex is held")
    }
}

impl Condvar {
    /// Wakes every waiter.
    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }

    /// Waits until notified or until `limit` has passed, whichever comes first; may also wake for no reason.
    pub(crate) fn wait_for<T>(&self, guard: &mut Guard<'_, T>, limit: Duration) {
        if let Some(held) = guard.held.take() {
            let (held, _) = self.0.wait_timeout(held, limit).unwrap_or_else(PoisonError::into_inner);
            guard.held = Some(held);
        }
    }
}
