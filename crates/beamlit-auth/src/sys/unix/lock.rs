//! Locks on files: those of a store, and those of this host for stores that have none.

use std::fs::{DirBuilder, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::secret::digest;
use crate::sys::held::Held;
use crate::sys::unix::{Unix, flags, give_to_owner};
use crate::sys::{FileLock, System as _};

/// Locks a file, which is made if need be, and gives facts about the very file that is locked.
pub(super) fn try_lock(path: &Path) -> io::Result<Option<(FileLock, Metadata)>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags());
    let file = match options.open(path) {
        // Whoever made it was killed before it could give back what its umask had taken.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            give_to_owner(path, &std::fs::symlink_metadata(path)?, 0o600)?;
            options.open(path)?
        }
        opened => opened?,
    };
    let facts = file.metadata()?;
    give_to_owner(path, &facts, 0o600)?;
    match file.try_lock() {
        Ok(()) => Ok(Some((Box::new(Held::new(file)), facts))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Waits for the lock of that name among the programs of this user on this host, `timeout` at most; `None` if somebody
/// held it all the time. The name that comes with it says which file of which boot was locked: programs that do not see
/// the same files, in a container for example, have other ones, and so has a file that somebody removed meanwhile.
pub(crate) fn lock_on_this_host(name: &str, timeout: Duration) -> io::Result<Option<(FileLock, String)>> {
    let path = lock_folder()?.join(digest(name.as_bytes()));
    let (deadline, mut nap) = (Unix.monotonic() + timeout, Duration::from_millis(1));
    loop {
        if let Some((lock, facts)) = try_lock(&path)? {
            let boot = Unix.boot_id();
            let name =
                if boot.is_empty() { boot } else { format!("{boot}.{:x}.{:x}", facts.dev(), facts.ino()) };
            return Ok(Some((lock, name)));
        }
        if Unix.monotonic() >= deadline {
            return Ok(None);
        }
        Unix.sleep(nap);
        nap = (nap * 2).min(Duration::from_millis(25));
    }
}

/// The folder of this user for locks of this host, which need not outlive a boot.
fn lock_folder() -> io::Result<PathBuf> {
    let user = rustix::process::geteuid().as_raw();
    let is_ours = |folder: &PathBuf| {
        let facts = std::fs::symlink_metadata(folder);
        facts.is_ok_and(|facts| facts.is_dir() && facts.uid() == user && facts.mode() & 0o777 == 0o700)
    };
    let folders =
        [format!("/run/user/{user}/beamlit-auth"), format!("/tmp/beamlit-auth-{user}")].map(PathBuf::from);
    // What is there already is looked at like what is new.
    let made = folders.into_iter().inspect(|folder| drop(DirBuilder::new().mode(0o700).create(folder)));
    let refused = || {
        io::Error::new(
            io::ErrorKind::PermissionDenied,
            "no folder of this user for locks can be made in /tmp",
        )
    };
    made.into_iter().find(is_ours).ok_or_else(refused)
}
