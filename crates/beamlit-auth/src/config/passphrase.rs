//! What a sealed store is opened with.

use std::fmt;
use std::sync::Arc;

use crate::config::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

/// A passphrase that a configuration shows nothing of.
#[derive(Clone)]
pub(super) struct Passphrase(Arc<Secret>);

impl Passphrase {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Secret::new(text)))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("set")
    }
}

/// The passphrase in force: the caller's own, or that of the environment.
///
/// # Errors
/// `InvalidConfig` if the caller's is empty.
pub(super) fn of(own: Option<&Passphrase>, environment: &Environment) -> Result<Option<Arc<Secret>>> {
    match own {
        Some(Passphrase(own)) if own.reveal().is_empty() => {
            Err(Error::new(ErrorKind::InvalidConfig, "passphrase is empty"))
        }
        Some(Passphrase(own)) => Ok(Some(Arc::clone(own))),
        None => Ok(environment.passphrase.clone()),
    }
}
