//! Locks and conditions whose waiters the simulation's scheduler knows: what the engine's locks are made of there.
#![expect(clippy::expect_used, clippy::unnecessary_wraps, reason = "as the locks of the standard library")]

use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, PoisonError, TryLockError};
use std::time::Duration;

use crate::simulation::tasks;

/// A mutex whose waiters run when it is free.
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

/// What a [`Mutex`] is held by.
pub(crate) struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    held: Option<std::sync::MutexGuard<'a, T>>,
}

/// A condition; its waiters by their tasks.
#[derive(Default)]
pub(crate) struct Condvar(std::sync::Mutex<Vec<usize>>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        tasks::switch();
        loop {
            match self.0.try_lock() {
                Ok(held) => return Ok(MutexGuard { mutex: self, held: Some(held) }),
                Err(TryLockError::Poisoned(held)) => {
                    return Err(PoisonError::new(MutexGuard { mutex: self, held: Some(held.into_inner()) }));
                }
                Err(TryLockError::WouldBlock) => tasks::wait_for_lock(self.place()),
            }
        }
    }

    fn place(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.held.as_deref().expect("held until it is dropped")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.held.as_deref_mut().expect("held until it is dropped")
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.held = None;
        tasks::unlocked(self.mutex.place());
    }
}

impl Condvar {
    pub(crate) fn notify_all(&self) {
        for task in std::mem::take(&mut *self.waiters()) {
            tasks::wake(task);
        }
    }

    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        limit: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        let (mutex, me) = (guard.mutex, tasks::current());
        self.waiters().push(me);
        drop(guard);
        let in_time = tasks::sleep(limit);
        self.waiters().retain(|task| *task != me);
        match mutex.lock() {
            Ok(guard) => Ok((guard, !in_time)),
            Err(poisoned) => Ok((poisoned.into_inner(), !in_time)),
        }
    }

    fn waiters(&self) -> std::sync::MutexGuard<'_, Vec<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
