//! The file store whose entries are sealed with a passphrase, for machines without a keyring.
//!
//! The key is made from the passphrase by Argon2id (RFC 9106), once in a store that is opened. What it is made with lies
//! beside the entries, and so does the key's name: a wrong passphrase is told from a damaged entry before any is touched.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::store::file::FileStore;
use crate::store::seal::{Seal, Unsealed};
use crate::store::{Entry, Guard, Shelf, Store, StoreError};
use crate::sys::{Swap, System};

/// The entry that says how the key is made.
const HEADER: &str = "key-derivation";
/// The format of that entry that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;
/// What the key costs: RFC 9106 §4, the second recommended option, of memory in KiB, passes and lanes.
const COST: (u32, u32, u32) = (64 * 1024, 3, 4);
/// What a header may ask for at most: whoever writes one shall not keep everybody's machine busy.
const MOST: (u32, u32, u32) = (1024 * 1024, 64, 64);

/// Sealed entries as folders below one folder.
pub(crate) struct EncryptedFileStore {
    files: FileStore,
    name: String,
    passphrase: Option<Arc<Secret>>,
    /// Made by whoever needs it first; guarded by no lock, because a fork could catch that held.
    seal: Swap<Option<Arc<Seal>>>,
    system: Arc<dyn System>,
}

/// How the key is made from a passphrase.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    /// The name of the key that comes of it.
    key: String,
}

impl EncryptedFileStore {
    /// The store in `folder`, which is made by the first write.
    pub(crate) fn new(folder: PathBuf, passphrase: Option<Arc<Secret>>, system: Arc<dyn System>) -> Self {
        let name = format!("encrypted-file:{}", folder.display());
        let files = FileStore::new(folder, Arc::clone(&system));
        Self { files, name, passphrase, seal: Swap::from_pointee(None), system }
    }

    fn locked(&self, why: &str) -> StoreError {
        StoreError::Locked(format!("{} {why}", self.name))
    }

    /// The seal of a store that was written to before; `None`: it never was.
    fn seal(&self) -> Result<Option<Arc<Seal>>, StoreError> {
        if let Some(seal) = &**self.seal.load() {
            return Ok(Some(Arc::clone(seal)));
        }
        let passphrase = self.passphrase.as_ref().ok_or_else(|| {
            self.locked("is sealed with a passphrase; set BL_STORE_PASSPHRASE, or the setting passphrase")
        })?;
        let Some(header) = self.files.read(HEADER)? else { return Ok(None) };
        let header = self.header(header.reveal())?;
        let seal = self.derive(passphrase, &header)?;
        if seal.id() != header.key {
            return Err(self.locked("is sealed with another passphrase than the one that is set"));
        }
        let seal = Arc::new(seal);
        self.seal.store(Arc::new(Some(Arc::clone(&seal))));
        Ok(Some(seal))
    }

    /// The seal; in a store that was never written to, a new one.
    fn seal_or_begin(&self) -> Result<Arc<Seal>, StoreError> {
        if let Some(seal) = self.seal()? {
            return Ok(seal);
        }
        self.begin()?;
        self.seal()?.ok_or(StoreError::Busy)
    }

    /// Writes down how the key is to be made; somebody else may have been faster.
    fn begin(&self) -> Result<(), StoreError> {
        let Some(passphrase) = &self.passphrase else { return Err(StoreError::Busy) };
        let random = || self.system.random().map_err(|error| StoreError::Unavailable(error.to_string()));
        let salt = format!("{:016x}{:016x}", random()?, random()?);
        let (memory_kib, passes, lanes) = COST;
        let mut header = Header { format: FORMAT, memory_kib, passes, lanes, salt, key: String::new() };
        self.derive(passphrase, &header)?.id().clone_into(&mut header.key);
        let text = serde_json::to_vec(&header).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        match self.files.write(HEADER, &Entry::new(text, "")) {
            Ok(()) | Err(StoreError::Busy) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn header(&self, bytes: &[u8]) -> Result<Header, StoreError> {
        let corrupt =
            || StoreError::Corrupt(format!("{}: the entry {HEADER} says no way to make a key", self.name));
        let format =
            serde_json::from_slice::<serde_json::Value>(bytes).map_err(|_| corrupt())?["format"].as_u64();
        if format.is_some_and(|format| format > FORMAT.into()) {
            return Err(self.newer());
        }
        let header: Header = serde_json::from_slice(bytes).map_err(|_| corrupt())?;
        let is_cheap = header.memory_kib <= MOST.0 && header.passes <= MOST.1 && header.lanes <= MOST.2;
        if is_cheap { Ok(header) } else { Err(corrupt()) }
    }

    fn newer(&self) -> StoreError {
        StoreError::Unsupported(format!("a newer version sealed {}; update beamlit-auth", self.name))
    }

    /// The key that the passphrase makes. Takes a part of a second, and 64 MiB.
    fn derive(&self, passphrase: &Secret, header: &Header) -> Result<Seal, StoreError> {
        let failed = |what: &str| StoreError::Corrupt(format!("{}: no key can be made, {what}", self.name));
        let mut key = Zeroizing::new([0; 32]);
        let params = Params::new(header.memory_kib, header.passes, header.lanes, Some(key.len()));
        let argon2 = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            params.map_err(|error| failed(&error.to_string()))?,
        );
        argon2
            .hash_password_into(passphrase.reveal().as_bytes(), header.salt.as_bytes(), &mut *key)
            .map_err(|error| failed(&error.to_string()))?;
        Seal::new(&*key).ok_or_else(|| failed("it has another length"))
    }

    /// Seals an entry; the header is written first if need be.
    fn sealed(&self, key: &str, entry: &Entry) -> Result<Entry, StoreError> {
        let seal = self.seal_or_begin()?;
        let sealed = seal.seal(key, entry.reveal(), &*self.system);
        let sealed = sealed.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Entry::new(sealed, entry.version()))
    }

    /// `key`, which must not be the one of the header.
    fn own<'a>(&self, key: &'a str) -> Result<&'a str, StoreError> {
        if key == HEADER {
            return Err(StoreError::Unavailable(format!("{} keeps the key {HEADER} for itself", self.name)));
        }
        Ok(key)
    }
}

impl Store for EncryptedFileStore {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let key = self.own(key)?;
        let Some(seal) = self.seal()? else { return Ok(None) };
        let Some(entry) = self.files.read(key)? else { return Ok(None) };
        match seal.open(key, entry.reveal()) {
            Unsealed::Data(data) => Ok(Some(Entry::new(data.as_slice(), entry.version()))),
            Unsealed::OtherKey => Err(self.locked("has an entry that another passphrase sealed")),
            Unsealed::Newer => Err(self.newer()),
            Unsealed::Damaged => Err(StoreError::SetAside(self.files.set_aside(key, entry.version())?)),
        }
    }

    fn write(&self, key: &str, entry: &Entry) -> Result<(), StoreError> {
        let key = self.own(key)?;
        self.files.write(key, &self.sealed(key, entry)?)
    }

    fn delete(&self, key: &str, version: &str) -> Result<(), StoreError> {
        self.files.delete(self.own(key)?, version)
    }

    fn lock(&self, key: &str, timeout: Duration) -> Result<Guard, StoreError> {
        self.files.lock(self.own(key)?, timeout)
    }
}

impl Shelf for EncryptedFileStore {
    fn folder(&self) -> Option<&Path> {
        self.files.folder()
    }

    fn write_lightly(&self, key: &str, entry: &Entry, lasts: Duration) -> Result<(), StoreError> {
        let key = self.own(key)?;
        self.files.write_lightly(key, &self.sealed(key, entry)?, lasts)
    }

    fn set_aside(&self, key: &str, version: &str) -> Result<String, StoreError> {
        self.files.set_aside(self.own(key)?, version)
    }

    fn keys(&self) -> Result<Vec<String>, StoreError> {
        let mut keys = self.files.keys()?;
        keys.retain(|key| key != HEADER);
        Ok(keys)
    }
}

#[cfg(test)]
mod tests;
