//! What asks the machine: clocks, entropy, the process, threads and the engine's locks.
//!
//! Everything above reaches the operating system through [`System`] and nothing else, so that a test can put
//! another one in its place.

mod process;
mod sync;
#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
compile_error!(
    "this system is not supported yet: write src/sys/<system>.rs with a `System` like the one in src/sys/unix.rs"
);

use std::time::Duration;

pub(crate) use process::{Own, PerProcess};
pub(crate) use sync::{Condvar, Guard, Mutex, OnceCell};
pub(crate) use unix::{Unix, peer_has_spoken};

use crate::error::Result;

/// A piece of work for a thread of its own.
pub(crate) type Work = Box<dyn FnOnce() + Send>;

/// The machine as the engine sees it. No method blocks.
pub(crate) trait System: Send + Sync {
    /// Monotonic time in nanoseconds, as cheap as it comes and a few milliseconds behind: the hot path's only clock.
    fn coarse(&self) -> u64;
    /// Monotonic time since some fixed moment; stands still while the machine sleeps. For deadlines.
    fn monotonic(&self) -> Duration;
    /// Monotonic time since boot, sleep included. For lifetimes within a process.
    fn boot(&self) -> Duration;
    /// Time since 1970-01-01 00:00 UTC; may jump. For lifetimes that others read.
    fn wall(&self) -> Duration;
    /// This process; another number after a fork.
    fn pid(&self) -> u32;
    /// Sixty-four bits from the system's secure generator.
    ///
    /// # Errors
    /// `InternalError` when the system has no entropy to give; there is no weaker source behind it.
    fn random(&self) -> Result<u64>;
    /// Runs `work` on a thread of its own, which ends with it.
    ///
    /// # Errors
    /// `InternalError` when the system refuses another thread; the work is then not run.
    fn spawn(&self, name: &'static str, work: Work) -> Result<()>;
}
