//! Grant `client_credentials`, RFC 6749 §4.4.

use std::time::Duration;

use crate::config::Settings;
use crate::credential::ClientCredentials;
use crate::error::Result;
use crate::flows::refresh_token::token_endpoint;
use crate::flows::{Io, check_mark, exchange};
use crate::origin::Url;
use crate::scope;
use crate::wire::request::{ClientAuthentication, Form};
use crate::wire::response::TokenResponse;

const GRANT: &str = "client_credentials";
/// The ways of client authentication that are known here, the better one first.
const METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// Asks for a token. Spends nothing: it may be asked again at any time. A refresh token in the answer is ignored
/// (RFC 6749 §4.4.3).
pub(crate) fn obtain(
    client: &ClientCredentials,
    settings: &Settings,
    io: &Io,
    deadline: Duration,
) -> Result<TokenResponse> {
    let (endpoint, method) = endpoint(client, settings, io, deadline)?;
    check_mark(&client.client_secret, &endpoint)?;
    let asked = client.scope.as_deref().map(scope::normalise).transpose()?.unwrap_or_default();
    let mut form = Form::new(settings.platform.dialect(), GRANT);
    form.put("scope", &asked);
    form.put("audience", client.audience.as_deref().unwrap_or_default());
    form.put("resource", client.resource.as_deref().unwrap_or_default());
    form.authenticate(method, &client.client_id, &client.client_secret);
    let mut answer = exchange(io, &endpoint, form, deadline)?;
    // RFC 6749 §5.1: no scope in the answer means the scope that was asked for.
    answer.scope.get_or_insert(asked);
    Ok(answer)
}

/// The token endpoint, and how the client authenticates there.
fn endpoint(
    client: &ClientCredentials,
    settings: &Settings,
    io: &Io,
    deadline: Duration,
) -> Result<(Url, ClientAuthentication)> {
    let own = client.token_endpoint_auth_method.as_deref();
    let (endpoint, method) = match io.metadata(settings, deadline)? {
        Some(metadata) => {
            metadata.check_grant(GRANT)?;
            let method = own.map_or_else(|| metadata.auth_method(&METHODS), Ok)?;
            (metadata.token_endpoint()?.clone(), method)
        }
        None => (token_endpoint(settings, io, deadline)?, own.unwrap_or(METHODS[0])),
    };
    let method = if method == METHODS[1] { ClientAuthentication::Post } else { ClientAuthentication::Basic };
    Ok((endpoint, method))
}
