//! The platform's file on the disk: read, locked, and replaced so that nothing is lost which others write meanwhile.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::secret::digest;
use crate::store::mirror::{MAKING, Mirror, NAP, Unwritten};
use crate::sys::FileLock;

/// Largest file that is looked at, in bytes.
const LIMIT: u64 = 1024 * 1024;
/// How long the lock is waited for; then the write is left to the next look.
const LOCK_LIMIT: Duration = Duration::from_secs(1);
/// The file that is locked, beside the platform's.
const LOCK: &str = ".config.yaml.lock";
/// The file that says which text this library has written last, beside the platform's.
const WRITTEN: &str = ".config.yaml.written";
/// How the names of files in the making begin; the second of their making follows.
const TEMPORARY: &str = ".config.yaml.new-";
/// How the second name of a file that is being replaced begins.
const REPLACED: &str = ".config.yaml.old-";
/// How old such a file must be before it is taken for what a killed writer left, in seconds.
const LEFT: u64 = 3600;

impl Mirror {
    /// Puts a new file in the place of the one that was read; whether that stands.
    pub(super) fn replace(&self, file: &Path, former: Option<&str>, text: &str) -> io::Result<bool> {
        let folder = file.parent().ok_or(io::ErrorKind::NotFound)?;
        self.system.make_folder(folder)?;
        self.sweep(folder);
        let name = format!("{}-{:016x}", self.system.wall().as_secs(), self.random()?);
        let (new, old) =
            (folder.join(format!("{TEMPORARY}{name}")), folder.join(format!("{REPLACED}{name}")));
        let stands = self.system.create(&new, text.as_bytes(), true).and_then(|()| match former {
            Some(former) => self.exchange(file, &new, &old, former, text),
            None => match self.system.put(&new, file) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                linked => linked.map(|()| true),
            },
        });
        // Of both names only those are left that are not wanted any more.
        self.system.remove(&new).and(self.system.remove(&old))?;
        if matches!(stands, Ok(true)) {
            // Without it the next write waits for a writer who is not there.
            let _ = self.mark(file, &name, text);
        }
        stands
    }

    /// Writes down that this text is ours, for whoever writes next.
    fn mark(&self, file: &Path, name: &str, text: &str) -> io::Result<()> {
        let (new, mark) =
            (self.beside(&format!("{TEMPORARY}{name}")), mark(self.system.modified(file)?, text));
        self.system.create(&new, mark.as_bytes(), false)?;
        self.system.rename(&new, &self.beside(WRITTEN))
    }

    /// Whether this library was the last that changed the file which had this text at `changed`.
    fn is_ours(&self, changed: Duration, text: &str) -> bool {
        let written = self.system.read(&self.beside(WRITTEN), LIMIT);
        written.is_ok_and(|written| written == mark(changed, text).as_bytes())
    }

    /// A file of ours in the platform's folder.
    fn beside(&self, name: &str) -> PathBuf {
        self.file.with_file_name(name)
    }

    /// Renames `new` over `file`, and looks at what was there under its second name.
    fn exchange(&self, file: &Path, new: &Path, old: &Path, former: &str, text: &str) -> io::Result<bool> {
        self.system.link(file, old)?;
        if !self.says(old, former) {
            return Ok(false);
        }
        let (changed, deadline) = (self.system.modified(old)?, self.system.monotonic() + MAKING);
        let is_settled = !self.is_recent(changed) || self.is_ours(changed, former);
        self.system.rename(new, file)?;
        let mut is_last = false;
        loop {
            let is_ours = self.says(file, text);
            if !self.says(old, former) {
                // Its writer goes on in it at its place, unless there is a newer one by now.
                if is_ours {
                    self.system.rename(old, file)?;
                }
                return Ok(false);
            }
            if is_last || !is_ours {
                return Ok(is_ours);
            }
            // Somebody may have opened it just before, and truncates it now; who changed it lately may be at it still.
            is_last = is_settled || !self.is_recent(changed) || self.system.monotonic() >= deadline;
            self.system.sleep(NAP);
        }
    }

    fn says(&self, file: &Path, text: &str) -> bool {
        self.system.read(file, LIMIT).is_ok_and(|bytes| bytes == text.as_bytes())
    }

    pub(super) fn is_in_the_making(&self, file: &Path) -> bool {
        self.system.modified(file).is_ok_and(|changed| self.is_recent(changed))
    }

    /// Whether somebody may still be at it who changed it at `changed`; a moment to come is a clock that was set back.
    fn is_recent(&self, changed: Duration) -> bool {
        self.system.wall().checked_sub(changed).is_some_and(|age| age <= MAKING)
    }

    /// The file itself, where the name is a link to it.
    pub(super) fn resolved(&self) -> Result<PathBuf, String> {
        match self.system.resolve(&self.file) {
            Ok(file) => Ok(file),
            Err(error) => Err(format!("{} is left alone: {error}", self.file.display())),
        }
    }

    pub(super) fn text(&self, file: &Path) -> Result<Option<Zeroizing<String>>, String> {
        let name = self.file.display();
        match self.system.read(file, LIMIT) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Ok(Some(Zeroizing::new(text))),
                Err(_) => Err(format!("{name} is not UTF-8")),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(format!("{name} is no file of this user, or one of more than a megabyte"))
            }
            Err(error) => Err(format!("{name} cannot be read: {error}")),
        }
    }

    pub(super) fn lock(&self) -> Result<FileLock, Unwritten> {
        let folder = self.file.parent().unwrap_or(&self.file);
        let failed = |error: io::Error| {
            Unwritten::Unusable(format!("{} cannot be locked: {error}", self.file.display()))
        };
        self.system.make_folder(folder).map_err(failed)?;
        let deadline = self.system.monotonic() + LOCK_LIMIT;
        loop {
            match self.system.try_lock(&self.beside(LOCK)).map_err(failed)? {
                Some(lock) => return Ok(lock),
                None if self.system.monotonic() >= deadline => return Err(Unwritten::Busy),
                None => self.system.sleep(NAP),
            }
        }
    }

    /// Removes what killed writers left.
    fn sweep(&self, folder: &Path) {
        let now = self.system.wall().as_secs();
        let names = self.system.list(folder).unwrap_or_default();
        for name in names.iter().filter(|name| is_left_over(name, now)) {
            let _ = self.system.remove(&folder.join(name));
        }
    }

    fn random(&self) -> io::Result<u64> {
        self.system.random().map_err(|error| io::Error::other(error.to_string()))
    }
}

/// What is written down of a text that the file got at that time.
fn mark(changed: Duration, text: &str) -> String {
    format!("{} {}", changed.as_nanos(), digest(text.as_bytes()))
}

/// Whether a file was left by a writer that is gone.
fn is_left_over(name: &str, now: u64) -> bool {
    let rest = name.strip_prefix(TEMPORARY).or_else(|| name.strip_prefix(REPLACED));
    let made = rest.and_then(|rest| rest.split('-').next()?.parse::<u64>().ok());
    made.is_some_and(|made| made + LEFT < now)
}
