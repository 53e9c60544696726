//! Stores: where logins live.

use std::ffi::c_char;

use beamlit_core::Result;

use crate::boundary::{guard, text};

/// A place for logins. Made from its URI, then copied into a config.
pub struct Store(Result<String>);

impl Store {
    /// The URI.
    ///
    /// # Errors
    /// What it is not: a text.
    pub(crate) fn uri(&self) -> Result<String> {
        self.0.clone()
    }
}

/// Makes a store from its URI. Never NULL; free it with `beamlit_store_free`. Opens nothing.
///
/// | URI | where logins live |
/// |---|---|
/// | `file` | below the platform's folder in the home folder |
/// | `file:PATH` | in that folder; the path is absolute |
/// | `memory` | in the session that comes of the login, and no longer than it |
///
/// Any other URI is reported by the next call that uses a config which has the store.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_store_new(uri: *const c_char) -> Option<Box<Store>> {
    guard(None, || Some(Box::new(Store(text(&uri, "store uri").map(str::to_owned)))))
}

/// Frees a store; the configs that it was copied into keep their copies. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_store_free(store: Option<Box<Store>>) {
    guard((), || drop(store));
}
