//! Whether a credential is good, before it is stored.

use std::time::Duration;

use crate::config::Settings;
use crate::credential::Credential;
use crate::error::Result;
use crate::flows::{Io, workspaces};
use crate::grant;

/// Verifies a credential that is to be stored: client credentials by a token, and both by the platform's word.
pub(super) fn credential(
    credential: &Credential,
    settings: &Settings,
    io: &Io,
    deadline: Duration,
) -> Result<()> {
    let answer = grant::obtain(credential, settings, io, deadline)?;
    workspaces::check(&answer.access_token, settings, io, deadline).map(drop)
}
