use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use beamlit_auth::store::{Entry, Store, StoreError};

/// A store as anybody might write it, and how it can be broken.
#[derive(Default)]
pub(crate) struct Vault {
    entries: Mutex<Entries>,
    pub(crate) flaw: Flaw,
    /// What each call answers from now on.
    pub(crate) refusal: Mutex<Option<StoreError>>,
    pub(crate) writes: AtomicUsize,
}

#[derive(Default)]
struct Entries {
    writes: u64,
    by_key: HashMap<String, (Vec<u8>, String)>,
}

/// A promise that is not kept.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Flaw {
    #[default]
    None,
    /// Writes over whatever is there.
    BlindWrite,
    /// Removes whatever is there.
    BlindDelete,
    /// The version is made from the data.
    VersionOfData,
    /// Versions begin anew after a delete.
    VersionsAnew,
    /// The version is looked at, and the write done a moment later.
    LooksBeforeItWrites,
    /// Data ends at its first line.
    Lines,
    /// Keys are cut to 32 characters.
    ShortKeys,
}

impl Vault {
    pub(crate) fn with(flaw: Flaw) -> Self {
        Self { flaw, ..Self::default() }
    }

    fn checked(&self) -> Result<(), StoreError> {
        self.refusal.lock().unwrap().clone().map_or(Ok(()), Err)
    }

    fn key<'a>(&self, key: &'a str) -> &'a str {
        if self.flaw == Flaw::ShortKeys { &key[..key.len().min(28)] } else { key }
    }

    fn version(&self, key: &str) -> String {
        self.entries.lock().unwrap().by_key.get(key).map_or(String::new(), |(_, version)| version.clone())
    }
}

impl Store for Vault {
    fn name(&self) -> &'static str {
        "vault"
    }

    fn read(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.checked()?;
        let found = self.entries.lock().unwrap().by_key.get(self.key(key)).cloned();
        Ok(found.map(|(data, version)| Entry::new(data, version)))
    }

    fn write(&self, key: &str, entry: &Entry) -> Result<(), StoreError> {
        self.checked()?;
        self.writes.fetch_add(1, Ordering::SeqCst);
        let key = self.key(key);
        if self.flaw == Flaw::LooksBeforeItWrites {
            if self.version(key) != entry.version() {
                return Err(StoreError::Busy);
            }
            std::thread::yield_now();
        }
        let mut entries = self.entries.lock().unwrap();
        let now = entries.by_key.get(key).map_or(String::new(), |(_, version)| version.clone());
        let blind = matches!(self.flaw, Flaw::BlindWrite | Flaw::LooksBeforeItWrites);
        if !blind && now != entry.version() {
            return Err(StoreError::Busy);
        }
        entries.writes += 1;
        let data = match self.flaw {
            Flaw::Lines => entry.reveal().split(|byte| *byte == b'\n').next().unwrap().to_vec(),
            _ => entry.reveal().to_vec(),
        };
        let version = match self.flaw {
            Flaw::VersionOfData => format!("{:?}", data.iter().map(|byte| u64::from(*byte)).sum::<u64>()),
            Flaw::VersionsAnew => (now.parse().unwrap_or(0) + 1).to_string(),
            _ => entries.writes.to_string(),
        };
        entries.by_key.insert(key.to_owned(), (data, version));
        Ok(())
    }

    fn delete(&self, key: &str, version: &str) -> Result<(), StoreError> {
        self.checked()?;
        let key = self.key(key);
        if self.flaw != Flaw::BlindDelete && (version.is_empty() || self.version(key) != version) {
            return Err(StoreError::Busy);
        }
        self.entries.lock().unwrap().by_key.remove(key);
        Ok(())
    }
}
