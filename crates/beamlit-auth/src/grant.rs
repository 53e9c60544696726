//! Grants: the one place where a credential's kind picks its flow.

use std::time::Duration;

use crate::config::Settings;
use crate::credential::Credential;
use crate::error::{Error, ErrorKind, Result};
use crate::flows::{Io, client_credentials};
use crate::wire::response::TokenResponse;

/// Obtains what `credential` gives: an access token from its flow, or the key itself.
///
/// # Blocking
/// Until `deadline` on [`crate::sys::System::monotonic`], except for a key, which asks nobody.
pub(crate) fn obtain(
    credential: &Credential,
    settings: &Settings,
    io: &Io,
    deadline: Duration,
) -> Result<TokenResponse> {
    match credential {
        Credential::ApiKey(key) => Ok(TokenResponse {
            access_token: key.api_key.duplicate(),
            bearer: false,
            refresh_token: None,
            expires_in: None,
            scope: None,
        }),
        Credential::ClientCredentials(client) => client_credentials::obtain(client, settings, io, deadline),
        Credential::DeviceLogin(_) | Credential::RefreshToken(_) => Err(Error::new(
            ErrorKind::InternalError,
            "a login is renewed from its record and not from its credential, which is a bug of beamlit-auth",
        )),
    }
}
