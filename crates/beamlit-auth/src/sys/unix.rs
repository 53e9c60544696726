//! [`System`] on Linux, macOS and the other Unix systems: the one file of the core that calls the operating system.
#![expect(clippy::disallowed_methods, reason = "what the rest of the engine must not call is called here")]

mod disk;
#[cfg(feature = "redis")]
mod local;
mod lock;

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::error::{Error, ErrorKind, Result};
use crate::sys::process::this_process;
use crate::sys::{Disk, FileLock, System, UnderWay, Work};

#[cfg(feature = "redis")]
pub(crate) use local::connect_on_this_host;
pub(crate) use lock::lock_on_this_host;

/// The real machine.
pub(crate) struct Unix;

#[cfg(target_os = "linux")]
const COARSE: ClockId = ClockId::MonotonicCoarse;
#[cfg(not(target_os = "linux"))]
const COARSE: ClockId = ClockId::Monotonic;

#[cfg(target_os = "linux")]
const BOOT: ClockId = ClockId::Boottime;
/// Darwin's monotonic clock runs on while the machine sleeps, which is what `boot` promises.
#[cfg(not(target_os = "linux"))]
const BOOT: ClockId = ClockId::Monotonic;

impl System for Unix {
    fn coarse(&self) -> u64 {
        let now = clock_gettime(COARSE);
        now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
    }

    fn monotonic(&self) -> Duration {
        duration(clock_gettime(ClockId::Monotonic))
    }

    fn boot(&self) -> Duration {
        duration(clock_gettime(BOOT))
    }

    fn wall(&self) -> Duration {
        duration(clock_gettime(ClockId::Realtime))
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn boot_id(&self) -> String {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        id.map(|text| text.trim().to_owned()).unwrap_or_default()
    }

    fn process(&self) -> u64 {
        this_process()
    }

    fn random(&self) -> Result<u64> {
        let mut bytes = [0; 8];
        match rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) {
            Ok(8) => Ok(u64::from_ne_bytes(bytes)),
            Ok(_) => {
                Err(Error::new(ErrorKind::InternalError, "the system's random generator gave too few bytes"))
            }
            Err(error) => Err(Error::new(ErrorKind::InternalError, "the system's random generator refused")
                .with_source(error)),
        }
    }

    fn spawn(&self, name: &'static str, work: Work) -> Result<()> {
        let under_way = UnderWay::thread(self);
        let counted = move || {
            let _under_way = under_way;
            work();
        };
        self.spawn_lasting(name, Box::new(counted))
    }

    fn spawn_lasting(&self, name: &'static str, work: Work) -> Result<()> {
        match std::thread::Builder::new().name(name.into()).spawn(work) {
            Ok(_detached) => Ok(()),
            Err(error) => {
                let message = "the system refused another thread; raise the limit of threads (ulimit -u)";
                Err(Error::new(ErrorKind::InternalError, message).with_source(error))
            }
        }
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        match std::fs::metadata(folder) {
            Ok(facts) if !facts.is_dir() => return Err(io::ErrorKind::NotADirectory.into()),
            // Root with somebody's `HOME` would leave files there that they cannot read.
            Ok(facts) => return check_owner(folder, &facts),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let above = folder.parent().ok_or(io::ErrorKind::NotFound)?;
        self.make_folder(above)?;
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => {
                made.and_then(|()| give_to_owner(folder, &std::fs::metadata(folder)?, 0o700))?;
                sync_names(above)
            }
        }
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        again(|| {
            let names = std::fs::read_dir(folder)?;
            names.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
        })
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        read(path, limit, |_, _| {})
    }

    fn read_private(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        read(path, limit, |file, facts| {
            if facts.mode() & 0o077 != 0 {
                let kept = file.set_permissions(Permissions::from_mode(0o600));
                let done =
                    kept.map_or_else(|error| format!("stays so: {error}"), |()| "is private now".to_owned());
                log::warn!(target: "beamlit_auth", "{} could be read by other users and {done}", path.display());
            }
        })
    }

    fn modified(&self, file: &Path) -> io::Result<Duration> {
        let facts = std::fs::symlink_metadata(file)?;
        Ok(duration(Timespec { tv_sec: facts.mtime(), tv_nsec: facts.mtime_nsec() }))
    }

    fn resolve(&self, file: &Path) -> io::Result<PathBuf> {
        let refused = |kind, why: &str| Err(io::Error::new(kind, why));
        let mut place = file.to_owned();
        let mut facts = std::fs::symlink_metadata(&place);
        if facts.as_ref().is_ok_and(std::fs::Metadata::is_symlink) {
            if facts?.uid() != rustix::process::geteuid().as_raw() {
                return refused(io::ErrorKind::PermissionDenied, "it is a link of another user");
            }
            place = file.parent().unwrap_or(file).join(std::fs::read_link(file)?);
            facts = std::fs::symlink_metadata(&place);
        }
        match facts {
            Ok(facts) if facts.is_symlink() => refused(io::ErrorKind::InvalidData, "it is a link to a link"),
            Ok(_) if disk::is_mounted(&place) => {
                refused(io::ErrorKind::Unsupported, "it is mounted there by itself, so it cannot be replaced")
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(place),
        }
    }

    fn create(&self, path: &Path, bytes: &[u8], durable: bool) -> io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(flags()).open(path)?;
        give_to_owner(path, &file.metadata()?, 0o600)?;
        file.write_all(bytes)?;
        if durable { file.sync_all() } else { Ok(()) }
    }

    fn link(&self, file: &Path, name: &Path) -> io::Result<()> {
        std::fs::hard_link(file, name)
    }

    fn put(&self, file: &Path, name: &Path) -> io::Result<()> {
        match std::fs::hard_link(file, name) {
            Err(error) if has_no_links(&error) => renameat_with(CWD, file, CWD, name, RenameFlags::NOREPLACE)
                .map_err(|errno| match errno {
                    Errno::EXIST => io::ErrorKind::AlreadyExists.into(),
                    Errno::INVAL | Errno::NOSYS | Errno::NOTSUP => {
                        let why = "its file system has no hard links, and no rename that keeps what is there";
                        io::Error::new(io::ErrorKind::ReadOnlyFilesystem, why)
                    }
                    other => other.into(),
                }),
            linked => linked,
        }
    }

    fn rename(&self, file: &Path, name: &Path) -> io::Result<()> {
        let folder = file.parent().ok_or(io::ErrorKind::NotFound)?;
        check_owner(folder, &std::fs::metadata(folder)?)?;
        std::fs::rename(file, name)
    }

    fn remove(&self, file: &Path) -> io::Result<()> {
        match again(|| std::fs::remove_file(file)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<FileLock>> {
        Ok(lock::try_lock(path)?.map(|(lock, _)| lock))
    }

    fn disk(&self, folder: &Path) -> Disk {
        disk::look(folder)
    }
}

/// Makes a call again that a signal interrupted, which some file systems allow; the standard library does so for most.
fn again<R>(call: impl Fn() -> io::Result<R>) -> io::Result<R> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// The bytes of a regular file of this user; `look` sees it before it is read.
fn read(path: &Path, limit: u64, look: impl FnOnce(&File, &Metadata)) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags(flags()).open(path).map_err(|error| {
        // A link in its place, or a socket.
        let other = [Errno::LOOP, Errno::NXIO].map(|errno| Some(errno.raw_os_error()));
        if other.contains(&error.raw_os_error()) { io::ErrorKind::InvalidData.into() } else { error }
    })?;
    let facts = file.metadata()?;
    check_owner(path, &facts)?;
    if !facts.is_file() || facts.len() > limit {
        return Err(io::ErrorKind::InvalidData.into());
    }
    look(&file, &facts);
    let mut bytes = Vec::with_capacity(usize::try_from(facts.len()).unwrap_or(0));
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(io::ErrorKind::InvalidData.into()) } else { Ok(bytes) }
}

/// Whether a link failed because there are none on this file system.
fn has_no_links(error: &io::Error) -> bool {
    let errnos = [Errno::PERM, Errno::NOTSUP, Errno::NOSYS].map(|errno| Some(errno.raw_os_error()));
    errnos.contains(&error.raw_os_error())
}

/// No link is followed, and nothing that is no file (a pipe, a terminal) can make us wait or be ours.
fn flags() -> i32 {
    (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed()
}

/// Puts the names in a folder on the disk; one that may be written and not read cannot be told to.
fn sync_names(folder: &Path) -> io::Result<()> {
    match File::open(folder) {
        Ok(folder) => folder.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}

/// Nothing of another user is read, moved or added to.
fn check_owner(path: &Path, facts: &Metadata) -> io::Result<()> {
    if facts.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let message = format!("{} belongs to another user", path.display());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
}

/// A umask may take rights from the owner of something new too, who could not open it again then.
fn give_to_owner(path: &Path, facts: &Metadata, mode: u32) -> io::Result<()> {
    if facts.mode() & mode == mode {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// A clock before its own zero (a wall clock set before 1970) counts as zero.
fn duration(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The bytes of a file that is everybody's, whoever owns it.
pub(crate) fn read_public(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}

/// Whether an idle connection is of no use any more: the peer closed it, or sent bytes that nobody asked for.
/// One system call, never blocks.
pub(crate) fn peer_has_spoken(stream: &TcpStream) -> bool {
    let mut byte = [0u8; 1];
    match recv(stream, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
        Err(Errno::AGAIN | Errno::INTR) => false,
        Ok(_) | Err(_) => true,
    }
}
