//! What lies under a path.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{Access, access};

use crate::sys::Disk;

/// What cannot be done in a folder, or where it would be made.
pub(super) fn look(folder: &Path) -> Disk {
    let Some(folder) = folder.ancestors().find(|folder| folder.is_dir()) else { return Disk::default() };
    let mut disk = kind(folder);
    // Nobody locks a folder, so this keeps nobody from anything.
    let lock = File::open(folder).map(|folder| folder.try_lock_shared());
    disk.has_no_locks = matches!(lock, Ok(Err(TryLockError::Error(_))));
    let user = rustix::process::geteuid().as_raw();
    let is_own = std::fs::metadata(folder).is_ok_and(|facts| facts.uid() == user);
    disk.is_read_only = !is_own || access(folder, Access::WRITE_OK | Access::EXEC_OK).is_err();
    disk
}

#[cfg(target_os = "linux")]
fn kind(folder: &Path) -> Disk {
    // The number is 32 bits wide, whatever a system widens it to.
    let bits = |facts: rustix::fs::StatFs| u32::try_from(facts.f_type & 0xffff_ffff).unwrap_or(0);
    rustix::fs::statfs(folder).map(bits).map(Disk::of_kind).unwrap_or_default()
}

#[cfg(not(target_os = "linux"))]
fn kind(_: &Path) -> Disk {
    Disk::default()
}

/// Whether something is mounted at this very place. A kernel that does not tell lets the rename fail instead.
#[cfg(target_os = "linux")]
pub(super) fn is_mounted(place: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    statx(CWD, place, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty()).is_ok_and(|facts| {
        facts.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT)
            && facts.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
    })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_mounted(_: &Path) -> bool {
    false
}
