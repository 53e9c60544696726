//! The workspaces that somebody is logged in to on this machine, and which of them is the current one.

use std::sync::Arc;

use crate::chain::current::{CURRENT, Current};
use crate::chain::places;
use crate::config::{Config, Environment, Settings, check_workspace};
use crate::error::{Error, ErrorKind, Result};
use crate::record::Record;
use crate::renewal::Ledger;
use crate::store::mirror::Seen;
use crate::store::{self, Store};
use crate::sys::{System, Unix};

/// The workspaces of one base URL in one store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Workspaces {
    /// Their names, in order.
    pub names: Vec<String>,
    /// The one that is used when none is named.
    pub current: Option<String>,
}

impl Config {
    /// The workspaces that somebody is logged in to, in the store and for the base URL of this configuration. Asks
    /// nobody but the store.
    ///
    /// # Errors
    /// `InvalidConfig` for a setting; the store's.
    pub fn workspaces(&self) -> Result<Workspaces> {
        let system: Arc<dyn System> = Arc::new(Unix);
        let settings = self.settle(&Environment::read()?)?;
        let store = store::open(&settings.store, &system)?;
        let current = Current::new(&settings, Arc::clone(&store), &system).workspace()?;
        let base = settings.base();
        let mut names = mirrored(&settings, &store, &system);
        for key in store.keys().unwrap_or_default() {
            let found = Ledger::new(Arc::clone(&store), key, Arc::clone(&system)).read();
            names.extend(found.ok().and_then(|(record, _)| login_of(&record, &base)));
        }
        names.sort();
        names.dedup();
        Ok(Workspaces { names, current })
    }

    /// Makes `name` the workspace that is used when none is named.
    ///
    /// # Errors
    /// `InvalidArgument` if nobody is logged in to it; else as [`Config::workspaces`].
    pub fn set_current(&self, name: &str) -> Result<()> {
        if !self.workspaces()?.names.iter().any(|known| known == name) {
            let name = crate::printable::printable(name, 40);
            let message = format!("nobody is logged in to a workspace {name}; run `bl login {name}`");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let system: Arc<dyn System> = Arc::new(Unix);
        let settings = self.settle(&Environment::read()?)?;
        let store = store::open(&settings.store, &system)?;
        Current::new(&settings, store, &system).set(Some(name))
    }
}

/// The workspaces to which the platform's own file has logins that the store has never met.
fn mirrored(settings: &Settings, store: &Arc<dyn Store>, system: &Arc<dyn System>) -> Vec<String> {
    let Some(mirror) = places::mirror(settings, None, system) else { return Vec::new() };
    let Ok(contents) = mirror.look() else { return Vec::new() };
    let is_login = |name: &str| {
        let key = places::key(settings, None, Some(name));
        let ledger = Ledger::new(Arc::clone(store), key, Arc::clone(system));
        let seen = ledger.read().map(|(record, _)| ledger.seen(&mirror, name, &record));
        matches!(seen, Ok(Ok(Seen::Unknown(_))))
    };
    let names = contents.entries.iter().map(|entry| entry.name.clone());
    names.filter(|name| check_workspace(name).is_ok() && is_login(name)).collect()
}

/// The workspace of a login that can be used and is to `base`.
fn login_of(record: &Record, base: &str) -> Option<String> {
    let is_login = record.is_live() && record.base == base && record.kind != CURRENT;
    record.workspace.clone().filter(|_| is_login)
}
