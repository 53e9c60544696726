//! A disk: names for files, of which a power cut leaves what was put on it for good.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::simulation::random::Random;

/// Folders by path, files by number; both as they are and as they are on the disk for good.
pub(super) struct Disk {
    folders: BTreeMap<String, Folder>,
    files: Vec<File>,
    locks: Vec<Lock>,
    next_lock: u64,
}

#[derive(Default)]
struct Folder {
    names: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    /// Whether its own name is on the disk for good.
    is_durable: bool,
}

struct File {
    bytes: Vec<u8>,
    durable: Option<Vec<u8>>,
    modified: Duration,
}

struct Lock {
    path: String,
    process: usize,
    id: u64,
}

impl Disk {
    pub(super) fn new() -> Self {
        let mut folders = BTreeMap::new();
        for path in ["/", "/home"] {
            folders.insert(path.to_owned(), Folder { is_durable: true, ..Folder::default() });
        }
        Self { folders, files: Vec::new(), locks: Vec::new(), next_lock: 0 }
    }

    /// Whether it is a new folder.
    pub(super) fn make_folder(&mut self, path: &str) -> io::Result<bool> {
        let (above, _) = split(path);
        if !self.folders.contains_key(above) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let is_new = !self.folders.contains_key(path);
        self.folders.entry(path.to_owned()).or_default();
        Ok(is_new)
    }

    pub(super) fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let folder = self.folders.get(path).ok_or(io::ErrorKind::NotFound)?;
        let prefix = format!("{}/", path.trim_end_matches('/'));
        let below = self.folders.keys().filter_map(|name| name.strip_prefix(&prefix));
        let folders = below.filter(|name| !name.is_empty() && !name.contains('/')).map(str::to_owned);
        Ok(folders.chain(folder.names.keys().cloned()).collect())
    }

    fn number(&self, path: &str) -> io::Result<usize> {
        let (folder, name) = split(path);
        let folder = self.folders.get(folder).ok_or(io::ErrorKind::NotFound)?;
        folder.names.get(name).copied().ok_or(io::ErrorKind::NotFound.into())
    }

    /// The file of that name, which stays the same file when the name goes.
    pub(super) fn open(&self, path: &str) -> io::Result<usize> {
        self.number(path)
    }

    pub(super) fn bytes(&self, file: usize) -> &[u8] {
        &self.files[file].bytes
    }

    pub(super) fn modified(&self, path: &str) -> io::Result<Duration> {
        Ok(self.files[self.number(path)?].modified)
    }

    /// A new empty file.
    pub(super) fn create(&mut self, path: &str, now: Duration) -> io::Result<usize> {
        let (folder, name) = split(path);
        let folder = self.folders.get_mut(folder).ok_or(io::ErrorKind::NotFound)?;
        if folder.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.files.push(File { bytes: Vec::new(), durable: None, modified: now });
        folder.names.insert(name.to_owned(), self.files.len() - 1);
        Ok(self.files.len() - 1)
    }

    pub(super) fn write(&mut self, file: usize, bytes: &[u8], now: Duration) {
        self.files[file].bytes = bytes.to_vec();
        self.files[file].modified = now;
    }

    pub(super) fn sync(&mut self, file: usize) {
        self.files[file].durable = Some(self.files[file].bytes.clone());
    }

    pub(super) fn link(&mut self, path: &str, other: &str) -> io::Result<()> {
        let number = self.number(path)?;
        let (folder, name) = split(other);
        let folder = self.folders.get_mut(folder).ok_or(io::ErrorKind::NotFound)?;
        if folder.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        folder.names.insert(name.to_owned(), number);
        Ok(())
    }

    pub(super) fn rename(&mut self, path: &str, other: &str) -> io::Result<()> {
        let number = self.number(path)?;
        let (folder, name) = split(other);
        let there = self.folders.get_mut(folder).ok_or(io::ErrorKind::NotFound)?;
        there.names.insert(name.to_owned(), number);
        self.remove(path);
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &str) {
        let (folder, name) = split(path);
        if let Some(folder) = self.folders.get_mut(folder) {
            folder.names.remove(name);
        }
    }

    /// Puts the names in a folder on the disk, those of folders in it as well.
    pub(super) fn sync_folder(&mut self, path: &str) -> io::Result<()> {
        let folder = self.folders.get_mut(path).ok_or(io::ErrorKind::NotFound)?;
        folder.durable = folder.names.clone();
        for (name, below) in &mut self.folders {
            below.is_durable |= split(name).0 == path;
        }
        Ok(())
    }

    /// The highest number in a folder and its bytes.
    pub(super) fn highest(&self, path: &str) -> Option<(u64, &[u8])> {
        let folder = self.folders.get(path)?;
        let (number, file) = highest(&folder.names)?;
        Some((number, &self.files[file].bytes))
    }

    /// The numbers in a folder.
    pub(super) fn numbers(&self, path: &str) -> Vec<u64> {
        let names = self.folders.get(path).map(|folder| folder.names.keys());
        names.into_iter().flatten().filter_map(|name| name.parse().ok()).collect()
    }

    /// What a power cut now would leave of the highest file for sure.
    pub(super) fn durable_highest(&self, path: &str) -> Option<(u64, &[u8])> {
        let mut above = path;
        while above != "/" {
            if !self.folders.get(above)?.is_durable {
                return None;
            }
            above = split(above).0;
        }
        let (number, file) = highest(&self.folders.get(path)?.durable)?;
        Some((number, self.files[file].durable.as_deref()?))
    }

    /// What is not on the disk for good is there, or is not, or in part.
    pub(super) fn crash(&mut self, random: &mut Random) {
        let lost: Vec<String> = self
            .folders
            .iter()
            .filter(|(_, folder)| !folder.is_durable && random.coin())
            .map(|(path, _)| format!("{path}/"))
            .collect();
        self.folders.retain(|path, _| !lost.iter().any(|lost| format!("{path}/").starts_with(lost)));
        for folder in self.folders.values_mut() {
            folder.is_durable = true;
            let mut after = folder.durable.clone();
            for name in folder.names.keys().chain(folder.durable.keys()) {
                let (now, before) = (folder.names.get(name), folder.durable.get(name));
                if now != before && random.coin() {
                    match now {
                        Some(file) => after.insert(name.clone(), *file),
                        None => after.remove(name),
                    };
                }
            }
            folder.names.clone_from(&after);
            folder.durable = after;
        }
        for file in &mut self.files {
            if file.durable.as_ref() != Some(&file.bytes) {
                match random.below(3) {
                    0 => {}
                    1 => file.bytes.truncate(file.bytes.len() / 2),
                    _ => file.bytes = file.durable.take().unwrap_or_default(),
                }
                file.durable = Some(file.bytes.clone());
            }
        }
        self.locks.clear();
    }

    /// Locks a file for a process; `None` if it is locked.
    pub(super) fn try_lock(&mut self, path: &str, process: usize) -> Option<u64> {
        if self.locks.iter().any(|lock| lock.path == path) {
            return None;
        }
        self.next_lock += 1;
        self.locks.push(Lock { path: path.to_owned(), process, id: self.next_lock });
        Some(self.next_lock)
    }

    pub(super) fn unlock(&mut self, id: u64) {
        self.locks.retain(|lock| lock.id != id);
    }

    pub(super) fn unlock_all(&mut self, process: usize) {
        self.locks.retain(|lock| lock.process != process);
    }

    /// A lock goes although somebody holds it.
    pub(super) fn lose_locks(&mut self) {
        self.locks.clear();
    }
}

fn highest(names: &BTreeMap<String, usize>) -> Option<(u64, usize)> {
    names.iter().filter_map(|(name, file)| Some((name.parse().ok()?, *file))).max()
}

fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some(split) => split,
        None => ("/", path),
    }
}
