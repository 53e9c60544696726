//! The workspaces that somebody is logged in to on this machine, and which of them is the current one.

use std::sync::Arc;

use crate::chain::current::Current;
use crate::chain::logins;
use crate::config::{Config, Environment};
use crate::error::{Error, ErrorKind, Result};
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
        let store = settings.store.open(&system)?;
        let current = Current::new(&settings, Arc::clone(&store), &system).workspace()?;
        Ok(Workspaces { names: logins::names(&settings, &store, &system), current })
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
        let store = settings.store.open(&system)?;
        Current::new(&settings, store, &system).set(Some(name))
    }
}
