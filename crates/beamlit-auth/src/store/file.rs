//! The file store: one folder per entry, in it numbered files of which the highest counts.
//!
//! A write is the exclusive creation of the next number, so nothing needs a lock to be right: a temporary file, on the
//! disk; a link to n + 1, which fails if somebody was faster; the folder, on the disk; and a look whether n is still
//! the very file that was read. If it is not, this n + 1 was made in a hole that a sweep left, and is taken back.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::record::{Record, State};
use crate::secret::digest;
use crate::store::{Entry, Guard, Shelf, Store, StoreError};
use crate::sys::System;

/// Largest file that is looked at, in bytes.
const LIMIT: u64 = 1024 * 1024;
/// How the name of a file in the making begins; the second of its making follows.
const TEMPORARY: &str = ".new-";
/// How old such a file must be before it is taken for what a killed writer left, in seconds.
const LEFT: u64 = 3600;
/// How often a read begins anew because the entry changed under it.
const READS: usize = 1000;
/// How long a waiter for the lock sleeps between two looks, at first and at most.
const NAPS: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(25));

/// Entries as folders below one folder.
pub(crate) struct FileStore {
    folder: PathBuf,
    name: String,
    system: Arc<dyn System>,
}

impl FileStore {
    /// The store in `folder`, which is made by the first write.
    pub(crate) fn new(folder: PathBuf, system: Arc<dyn System>) -> Self {
        let name = format!("file:{}", folder.display());
        Self { folder, name, system }
    }

    /// The folder of `key`, which is the name of one and leads nowhere else.
    fn entry(&self, key: &str) -> Result<PathBuf, StoreError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if key.bytes().all(is_plain) && (1..=200).contains(&key.len()) && !key.starts_with('.') {
            return Ok(self.folder.join(key));
        }
        Err(StoreError::Unavailable(format!(
            "{}: a key is not made of letters, digits, -, _ and .",
            self.name
        )))
    }

    /// The numbers in an entry's folder, lowest first. An empty listing is looked at twice: a sweep and a new number
    /// can pass each other while a folder is read.
    fn numbers(&self, entry: &Path) -> Result<Vec<u64>, StoreError> {
        let mut numbers = self.numbers_once(entry)?;
        if numbers.is_empty() {
            numbers = self.numbers_once(entry)?;
        }
        Ok(numbers)
    }

    fn numbers_once(&self, entry: &Path) -> Result<Vec<u64>, StoreError> {
        match self.system.list(entry) {
            Ok(names) => {
                let mut numbers: Vec<u64> = names.iter().filter_map(|name| number(name)).collect();
                numbers.sort_unstable();
                Ok(numbers)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    /// The highest file and its number. It must still be the highest after it was read.
    fn highest(&self, entry: &Path) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let mut aside = None;
        for _ in 0..READS {
            let Some(highest) = self.numbers(entry)?.last().copied() else {
                return aside.map_or(Ok(None), |text| Err(StoreError::SetAside(text)));
            };
            match self.system.read_private(&entry.join(highest.to_string()), LIMIT) {
                Ok(bytes) if self.numbers(entry)?.last() == Some(&highest) => {
                    return Ok(Some((highest, bytes)));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) if is_no_record(&error) => aside = Some(self.move_away(entry, highest)?),
                Err(error) => return Err(self.unreadable(&error)),
            }
        }
        Err(StoreError::Unavailable(format!("{} changes faster than it can be read; try again", self.name)))
    }

    /// Moves a file of ours that was torn out of the way. It may have been a claim or what came of one, so nothing below
    /// it may count again: a refresh token there may have been spent.
    fn move_torn(&self, entry: &Path, number: u64) -> Result<String, StoreError> {
        self.sweep(entry, number);
        match self.numbers(entry)?.first() {
            Some(lower) if *lower < number => {
                let lower = entry.join(lower.to_string());
                Err(StoreError::Corrupt(format!("{} is out of date and cannot be removed", lower.display())))
            }
            _ => self.move_away(entry, number),
        }
    }

    /// Moves what is no record out of the way, so that the login can be made anew and the file looked into. Says so.
    fn move_away(&self, entry: &Path, number: u64) -> Result<String, StoreError> {
        let (file, seconds) = (entry.join(number.to_string()), self.system.wall().as_secs());
        let aside = format!("{number}.corrupt-{seconds}");
        match self.system.rename(&file, &entry.join(&aside)) {
            Ok(()) => {
                let text = format!("{} is no record of a login and was set aside as {aside}", file.display());
                log::warn!(target: "beamlit_auth", "{text}");
                Ok(text)
            }
            Err(error) => {
                let text = format!("{} is no record of a login and cannot be set aside", file.display());
                Err(StoreError::Corrupt(format!("{text}: {error}")))
            }
        }
    }

    /// Begins an empty chain, which is nobody's write.
    fn begin(&self, entry: &Path, durable: bool) -> Result<(), StoreError> {
        match self.put(entry, 1, &empty()?, durable) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Makes the file `number`, on the disk under its name when this returns.
    fn put(&self, entry: &Path, number: u64, data: &[u8], durable: bool) -> io::Result<()> {
        let random = self.system.random().map_err(|error| io::Error::other(error.to_string()))?;
        let temporary = entry.join(format!("{TEMPORARY}{}-{random:016x}", self.system.wall().as_secs()));
        let made = self.system.create(&temporary, data, durable);
        let linked = made.and_then(|()| self.system.put(&temporary, &entry.join(number.to_string())));
        // Whatever happened, the temporary name goes; a later write sweeps what a kill leaves.
        let removed = self.system.remove(&temporary);
        linked?;
        removed?;
        if durable { self.system.sync_folder(entry) } else { Ok(()) }
    }

    /// A write; a durable one is on the disk when this returns.
    fn write_as(&self, key: &str, data: &[u8], version: &str, durable: bool) -> Result<(), StoreError> {
        let entry = self.entry(key)?;
        if !version.is_empty() {
            return self.write_over(&entry, data, version, durable);
        }
        self.system.make_folder(&entry).map_err(|error| self.failed(&error))?;
        if durable {
            // Also of an entry that somebody made who was killed before this: a name above the files may be lost as well.
            self.system.sync_folder(&self.folder).map_err(|error| self.failed(&error))?;
        }
        if self.numbers(&entry)?.is_empty() {
            self.begin(&entry, durable)?;
        }
        // An empty chain is read again: somebody may have begun it and gone on.
        let (number, begun) =
            self.highest(&entry)?.filter(|(_, begun)| is_empty(begun)).ok_or(StoreError::Busy)?;
        self.write_over(&entry, data, &self::version(number, &begun), durable)
    }

    /// Makes the number after that of `version`, if this is still the highest.
    fn write_over(&self, entry: &Path, data: &[u8], version: &str, durable: bool) -> Result<(), StoreError> {
        let number: u64 = version.split('.').next().and_then(number).ok_or(StoreError::Busy)?;
        match self.put(entry, number + 1, data, durable) {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => {
                return Err(StoreError::Busy);
            }
            Err(error) => return Err(self.failed(&error)),
        }
        match self.system.read(&entry.join(number.to_string()), LIMIT) {
            Ok(bytes) if self::version(number, &bytes) == version => {}
            // It may be there still: nobody was shown to be faster, so what was written stays and its writer looks again.
            Err(error) if error.kind() != io::ErrorKind::NotFound && !is_no_record(&error) => {
                return Err(self.failed(&error));
            }
            Ok(_) | Err(_) => {
                let _ = self.system.remove(&entry.join((number + 1).to_string()));
                return Err(StoreError::Busy);
            }
        }
        self.sweep(entry, number + 1);
        Ok(())
    }

    /// Removes all below `number`, lowest first, and what killed writers left.
    fn sweep(&self, entry: &Path, number: u64) {
        let Ok(names) = self.system.list(entry) else { return };
        let now = self.system.wall().as_secs();
        let mut below: Vec<u64> =
            names.iter().filter_map(|name| self::number(name)).filter(|n| *n < number).collect();
        below.sort_unstable();
        let left = names.iter().filter(|name| is_left_over(name, now)).map(|name| entry.join(name));
        for path in below.iter().map(|lower| entry.join(lower.to_string())).chain(left) {
            // Lowest first and without a gap: a reader that sees a number must find none below it missing.
            if self.system.remove(&path).is_err() {
                return;
            }
        }
    }

    fn unreadable(&self, error: &io::Error) -> StoreError {
        StoreError::Unavailable(format!("{}: {error}", self.name))
    }

    /// Why something could not be written.
    fn failed(&self, error: &io::Error) -> StoreError {
        let text = format!("{}: {error}", self.name);
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly(text),
            _ => StoreError::Unavailable(text),
        }
    }
}

impl Store for FileStore {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let found = self.highest(&self.entry(key)?)?.filter(|(_, bytes)| !is_empty(bytes));
        Ok(found.map(|(number, bytes)| {
            let version = version(number, &bytes);
            Entry::new(bytes, version)
        }))
    }

    fn write(&self, key: &str, entry: &Entry) -> Result<(), StoreError> {
        self.write_as(key, entry.reveal(), entry.version(), true)
    }

    /// An entry that is gone is a chain that ends in nobody's write: its number is never used again.
    fn delete(&self, key: &str, version: &str) -> Result<(), StoreError> {
        self.write_over(&self.entry(key)?, &empty()?, version, true)
    }

    fn lock(&self, key: &str, timeout: Duration) -> Result<Guard, StoreError> {
        let entry = self.entry(key)?;
        self.system.make_folder(&entry).map_err(|error| self.failed(&error))?;
        let (deadline, mut nap) = (self.system.monotonic() + timeout, NAPS.0);
        loop {
            match self.system.try_lock(&entry.join("lock")) {
                // The lock lies beside the record: whoever sees the one sees the other.
                Ok(Some(lock)) => return Ok(Guard::named(lock, self.system.boot_id())),
                Ok(None) if self.system.monotonic() >= deadline => return Err(StoreError::Busy),
                Ok(None) => self.system.sleep(nap),
                Err(error) => return Err(self.failed(&error)),
            }
            nap = (nap * 2).min(NAPS.1);
        }
    }
}

impl Shelf for FileStore {
    fn folder(&self) -> Option<&Path> {
        Some(&self.folder)
    }

    fn write_lightly(&self, key: &str, entry: &Entry, _lasts: Duration) -> Result<(), StoreError> {
        self.write_as(key, entry.reveal(), entry.version(), false)
    }

    fn set_aside(&self, key: &str, version: &str) -> Result<String, StoreError> {
        let number = version.split('.').next().and_then(number).ok_or(StoreError::Busy)?;
        self.move_torn(&self.entry(key)?, number)
    }

    fn keys(&self) -> Result<Vec<String>, StoreError> {
        match self.system.list(&self.folder) {
            Ok(names) => Ok(names),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(self.unreadable(&error)),
        }
    }
}

/// The number that a file's name is, if it is one that this store writes.
fn number(name: &str) -> Option<u64> {
    let number = name.parse().ok()?;
    (number > 0 && name == format!("{number}")).then_some(number)
}

/// Whether a file in the making was left by a writer that is gone.
fn is_left_over(name: &str, now: u64) -> bool {
    let made = name.strip_prefix(TEMPORARY).and_then(|rest| rest.split('-').next()?.parse::<u64>().ok());
    made.is_some_and(|made| made + LEFT < now)
}

/// The number alone would not do: a writer that slept through a sweep can make a removed number again.
fn version(number: u64, bytes: &[u8]) -> String {
    format!("{number}.{}", digest(bytes))
}

/// What stands for no entry.
fn empty() -> Result<Vec<u8>, StoreError> {
    let empty = Record::empty().write().map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(empty.reveal().as_bytes().to_vec())
}

fn is_empty(bytes: &[u8]) -> bool {
    // A claim on a candidate, where there was no login, has a name already.
    Record::read(bytes).is_ok_and(|record| record.id.is_empty() && record.state == State::Empty)
}

/// A folder, pipe or link in the place of a record, or a file that is too large.
fn is_no_record(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidData
}

#[cfg(test)]
mod tests;
