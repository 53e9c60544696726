//! Token revocation, RFC 7009.

use std::time::Duration;

use crate::config::Settings;
use crate::error::Result;
use crate::flows::{Io, check_mark, shown};
use crate::http::Request;
use crate::secret::Secret;
use crate::wire::refusal::refusal;
use crate::wire::request::Form;

/// Revokes a refresh token where the server can. Whether it did: false where there is no revocation endpoint, as on
/// Beamlit and Blaxel.
///
/// # Errors
/// Network errors, and the server's refusal. A token that the server does not know is revoked (RFC 7009 §2.2).
pub(crate) fn revoke(
    token: &Secret,
    client_id: Option<&str>,
    settings: &Settings,
    io: &Io,
    deadline: Duration,
) -> Result<bool> {
    let Some(endpoint) = io.metadata(settings, deadline)?.and_then(|metadata| metadata.revocation_endpoint())
    else {
        return Ok(false);
    };
    check_mark(token, endpoint)?;
    let mut form = Form::without_grant(settings.platform.dialect());
    form.put("token", token.reveal());
    form.put("token_type_hint", "refresh_token");
    form.put("client_id", client_id.unwrap_or_default());
    let (authorization, body) = form.finish();
    let response =
        io.http.exchange(&Request { url: endpoint.clone(), authorization, body: Some(body), deadline })?;
    if response.status == 200 { Ok(true) } else { Err(refusal(&response, &shown(endpoint))) }
}
