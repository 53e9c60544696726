//! What asks the machine: clocks, entropy, the process, threads, files and the engine's locks.
//!
//! Everything above reaches the operating system through [`System`] and nothing else, so that a test can put
//! another one in its place.

mod apart;
mod disk;
mod held;
#[cfg(all(test, simulation))]
#[path = "../../tests/simulation/primitive.rs"]
mod primitive;
mod process;
mod running;
mod sync;
mod together;
#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
compile_error!(
    "this system is not supported yet: write src/sys/<system>.rs with a `System` like the one in src/sys/unix.rs"
);

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use apart::{SLICE, apart};
pub(crate) use disk::Disk;
pub(crate) use process::{Own, PerProcess, forked};
pub(crate) use running::{Running, UnderWay, is_ending, join};
pub(crate) use sync::{Condvar, Guard, Mutex, OnceCell, Swap};
pub(crate) use together::together;
#[cfg(feature = "redis")]
pub(crate) use unix::connect_on_this_host;
pub(crate) use unix::{Unix, lock_on_this_host, peer_has_spoken, read_public};

use crate::error::Result;

/// A piece of work for a thread of its own.
pub(crate) type Work = Box<dyn FnOnce() + Send>;

/// A lock on a file, given back when it goes out of scope.
pub(crate) type FileLock = Box<dyn Send>;

/// The machine as the engine sees it. No method but `sleep` blocks, except on the disk.
///
/// Paths are absolute. Files are made with mode 0600 and folders with 0700 whatever the umask says; links are never
/// followed at the end of a path; what belongs to another user is an error and not read.
pub(crate) trait System: Send + Sync {
    /// Monotonic time in nanoseconds, as cheap as it comes and a few milliseconds behind: the hot path's only clock.
    fn coarse(&self) -> u64;
    /// Monotonic time since some fixed moment; stands still while the machine sleeps. For deadlines.
    fn monotonic(&self) -> Duration;
    /// Monotonic time since boot, sleep included. For lifetimes within a process.
    fn boot(&self) -> Duration;
    /// Time since 1970-01-01 00:00 UTC; may jump. For lifetimes that others read.
    fn wall(&self) -> Duration;
    /// Blocks the calling thread.
    fn sleep(&self, time: Duration);
    /// A name of this boot of this host, the same for all its processes; empty where there is none.
    fn boot_id(&self) -> String;
    /// This process; another number after a fork.
    fn process(&self) -> u64;
    /// What this process has under way.
    fn running(&self) -> &'static Running {
        &running::RUNNING
    }
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
    /// As [`System::spawn`], for a thread that lasts: an exit does not wait for it by itself.
    fn spawn_lasting(&self, name: &'static str, work: Work) -> Result<()> {
        self.spawn(name, work)
    }

    /// Makes a folder and those above it, on the disk under their names when this returns.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;
    /// The names in a folder; `NotFound` if it is not there.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// The bytes of a regular file; `InvalidData` if it is something else or longer than `limit`.
    fn read(&self, file: &Path, limit: u64) -> io::Result<Vec<u8>>;
    /// As [`System::read`], of a file that nobody but this user is to read: rights of others to it are taken away.
    fn read_private(&self, file: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.read(file, limit)
    }
    /// When a file was last changed, since 1970.
    fn modified(&self, file: &Path) -> io::Result<Duration>;
    /// Where a file is: at `file` itself, or, if that is a link of this user, where it leads; need not be there.
    ///
    /// # Errors
    /// For a link to a link and a link of another user, and `Unsupported` for a file that is mounted in its place, which
    /// nothing can be renamed over.
    fn resolve(&self, file: &Path) -> io::Result<PathBuf>;
    /// Makes a new file with these bytes, if it is to be `durable` on the disk when this returns; `AlreadyExists` if the name is taken.
    fn create(&self, file: &Path, bytes: &[u8], durable: bool) -> io::Result<()>;
    /// Gives a file a second name; `AlreadyExists` if that is taken.
    fn link(&self, file: &Path, name: &Path) -> io::Result<()>;
    /// As [`System::link`]; where no file can have two names, it has the new one only.
    fn put(&self, file: &Path, name: &Path) -> io::Result<()> {
        self.link(file, name)
    }
    /// Gives what is there another name in the place of this one.
    fn rename(&self, file: &Path, name: &Path) -> io::Result<()>;
    /// Takes a name away; it is no error if it is gone.
    fn remove(&self, file: &Path) -> io::Result<()>;
    /// Puts a folder's names on the disk.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Locks a file, which is made if need be and never deleted, against every other process and thread; `None` if
    /// somebody holds it.
    fn try_lock(&self, file: &Path) -> io::Result<Option<FileLock>>;
    /// What cannot be done in a folder, or where it would be made. Writes nothing; what cannot be found out is taken for
    /// possible.
    fn disk(&self, _folder: &Path) -> Disk {
        Disk::default()
    }
}

/// The disk, the boot and the sleep of the real machine, for a [`System`] of a test that is about something else.
#[cfg(test)]
macro_rules! disk_of_this_machine {
    () => {
        crate::sys::disk_of_this_machine!(but create and sync_folder);

        fn create(&self, file: &std::path::Path, bytes: &[u8], durable: bool) -> std::io::Result<()> {
            crate::sys::Unix.create(file, bytes, durable)
        }

        fn sync_folder(&self, folder: &std::path::Path) -> std::io::Result<()> {
            crate::sys::Unix.sync_folder(folder)
        }
    };
    (but create and sync_folder) => {
        fn sleep(&self, time: std::time::Duration) {
            crate::sys::Unix.sleep(time);
        }

        fn boot_id(&self) -> String {
            crate::sys::Unix.boot_id()
        }

        fn make_folder(&self, folder: &std::path::Path) -> std::io::Result<()> {
            crate::sys::Unix.make_folder(folder)
        }

        fn list(&self, folder: &std::path::Path) -> std::io::Result<Vec<String>> {
            crate::sys::Unix.list(folder)
        }

        fn read(&self, file: &std::path::Path, limit: u64) -> std::io::Result<Vec<u8>> {
            crate::sys::Unix.read(file, limit)
        }

        fn modified(&self, file: &std::path::Path) -> std::io::Result<std::time::Duration> {
            crate::sys::Unix.modified(file)
        }

        fn resolve(&self, file: &std::path::Path) -> std::io::Result<std::path::PathBuf> {
            crate::sys::Unix.resolve(file)
        }

        fn link(&self, file: &std::path::Path, name: &std::path::Path) -> std::io::Result<()> {
            crate::sys::Unix.link(file, name)
        }

        fn rename(&self, file: &std::path::Path, name: &std::path::Path) -> std::io::Result<()> {
            crate::sys::Unix.rename(file, name)
        }

        fn remove(&self, file: &std::path::Path) -> std::io::Result<()> {
            crate::sys::Unix.remove(file)
        }

        fn try_lock(&self, file: &std::path::Path) -> std::io::Result<Option<crate::sys::FileLock>> {
            crate::sys::Unix.try_lock(file)
        }
    };
}
#[cfg(test)]
pub(crate) use disk_of_this_machine;
