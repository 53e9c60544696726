//! Keeps a login in a store of one's own: here a table in memory, as it might be a vault that hosts share.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beamlit_auth::store::{Entry, Store, StoreError};
use beamlit_auth::{Config, Login, Session};

/// Data with its version, by key. Whoever writes has to name the version that is replaced, "" for none.
#[derive(Clone, Default)]
struct Vault(Arc<Mutex<HashMap<String, (Vec<u8>, u64)>>>);

impl Vault {
    fn get(&self, key: &str) -> Result<Option<(Vec<u8>, String)>, StoreError> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(table.get(key).map(|(data, version)| (data.clone(), version.to_string())))
    }

    fn put(&self, key: &str, data: &[u8], version: &str) -> Result<(), StoreError> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = table.get(key).map(|(_, version)| *version);
        if found.map(|version| version.to_string()).unwrap_or_default() != version {
            return Err(StoreError::Busy);
        }
        table.insert(key.to_owned(), (data.to_vec(), found.unwrap_or(0) + 1));
        Ok(())
    }

    fn remove(&self, key: &str, version: &str) -> Result<(), StoreError> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let removed = table.extract_if(|name, (_, found)| name == key && found.to_string() == version).next();
        removed.map(|_| ()).ok_or(StoreError::Busy)
    }
}

#[rustfmt::skip]
impl Store for Vault {                                             // own store
    fn name(&self) -> &str { "vault" }
    fn read(&self, key: &str) -> Result<Option<Entry>, StoreError> { Ok(self.get(key)?.map(|(data, version)| Entry::new(data, version))) }
    fn write(&self, key: &str, entry: &Entry) -> Result<(), StoreError> { self.put(key, entry.reveal(), entry.version()) }
    fn delete(&self, key: &str, version: &str) -> Result<(), StoreError> { self.remove(key, version) }
}

#[rustfmt::skip]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let vault = Vault::default();
    let pending = Login::start(Config::new().workspace("acme").store(vault.clone()))?;
    println!("open {} and enter {}", pending.verification_uri(), pending.user_code()); pending.wait()?;
    let session = Session::open(Config::new().workspace("acme").store(vault))?;
    println!("logged in to {}", session.workspace().unwrap_or_default());
    beamlit_auth::shutdown(Duration::from_secs(30));
    Ok(())
}
