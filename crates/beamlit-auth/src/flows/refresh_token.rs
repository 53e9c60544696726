//! Grant `refresh_token`, RFC 6749 §6: spends the refresh token, or may have.

use std::time::Duration;

use crate::config::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::flows::{Io, check_mark, shown};
use crate::http::Request;
use crate::origin::Url;
use crate::platform::Dialect;
use crate::secret::Secret;
use crate::wire::request::Form;
use crate::wire::response::{TokenResponse, token_response};

/// What is presented.
pub(crate) struct Presented<'a> {
    pub(crate) refresh_token: &'a Secret,
    pub(crate) client_id: Option<&'a str>,
    /// The platform's own clients send it along; nobody else does.
    pub(crate) device_code: Option<&'a Secret>,
}

/// Presents the refresh token once. `before_first_byte` runs when the connection stands and nothing has been sent.
///
/// # Errors
/// As [`crate::http::Http::exchange_once`], and what the answer stands for.
pub(crate) fn renew(
    presented: &Presented<'_>,
    settings: &Settings,
    io: &Io,
    deadline: Duration,
    before_first_byte: &mut dyn FnMut() -> Result<()>,
) -> Result<TokenResponse> {
    let endpoint = token_endpoint(settings, io, deadline)?;
    check_mark(presented.refresh_token, &endpoint)?;
    let mut form = Form::new(settings.platform.dialect(), "refresh_token");
    form.put("refresh_token", presented.refresh_token.reveal());
    form.put("client_id", presented.client_id.unwrap_or_default());
    if let (Dialect::Platform, Some(device_code)) = (settings.platform.dialect(), presented.device_code) {
        form.put("device_code", device_code.reveal());
    }
    let (authorization, body) = form.finish();
    let request = Request { url: endpoint.clone(), authorization, body: Some(body), deadline };
    let response = io.http.exchange_once(&request, before_first_byte)?;
    token_response(&response, &shown(&endpoint))
}

/// The token endpoint of the platform, or of the issuer by its metadata.
pub(crate) fn token_endpoint(settings: &Settings, io: &Io, deadline: Duration) -> Result<Url> {
    match (io.metadata(settings, deadline)?, &settings.api_url) {
        (Some(metadata), _) => metadata.token_endpoint().cloned(),
        (None, Some(base)) => base.join("/oauth/token"),
        (None, None) => Err(Error::new(ErrorKind::InvalidConfig, "no api_url is set for this platform")),
    }
}
