//! Work of several threads at once.
#![expect(clippy::disallowed_methods, reason = "threads are started here")]

use std::io;

/// Runs `work` on `count` threads at once, each with its number from 0, and waits for all. What each gives, in order.
///
/// # Errors
/// The system's, if it refuses a thread; those that run already are waited for.
pub(crate) fn together<R: Send>(count: usize, work: &(dyn Fn(usize) -> R + Sync)) -> io::Result<Vec<R>> {
    std::thread::scope(|scope| {
        let threads: io::Result<Vec<_>> = (0..count)
            .map(|number| std::thread::Builder::new().spawn_scoped(scope, move || work(number)))
            .collect();
        let results = threads?.into_iter().map(std::thread::ScopedJoinHandle::join);
        results.map(|result| result.map_err(|_| io::Error::other("a thread panicked"))).collect()
    })
}
