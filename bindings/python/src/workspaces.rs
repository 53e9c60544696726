//! Workspaces: whom this machine is logged in to.

use beamlit_auth::Config;
use pyo3::prelude::*;

use crate::error::Result;
use crate::panic::guard;

/// The workspaces that somebody is logged in to on this machine, by name, for the platform and the URL that the
/// environment says. Asks nobody but the store.
#[pyfunction]
pub(crate) fn workspaces(py: Python<'_>) -> Result<Vec<String>> {
    guard(|| Ok(py.detach(|| Config::new().workspaces())?.names))
}
