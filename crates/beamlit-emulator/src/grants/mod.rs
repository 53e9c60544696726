//! The grants of the token endpoint, one file each.

pub(crate) mod client_credentials;
pub(crate) mod device_code;
pub(crate) mod refresh_token;

use axum::response::IntoResponse;
use axum::response::Response;

use crate::oauth_error::OauthError;
use crate::oauth_request::OauthRequest;

/// `grant_type` of a client of its own (RFC 6749 §4.4).
pub(crate) const CLIENT_CREDENTIALS: &str = "client_credentials";
/// `grant_type` of a device (RFC 8628 §3.4).
pub(crate) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// `grant_type` of a renewal (RFC 6749 §6).
pub(crate) const REFRESH_TOKEN: &str = "refresh_token";

/// All of them, as the metadata list them.
pub(crate) const ALL: [&str; 3] = [CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN];

/// Exchanges whatever grant the request brings.
pub(crate) fn exchange(request: &OauthRequest<'_>) -> Result<Response, OauthError> {
    let answer = match request.required("grant_type")? {
        CLIENT_CREDENTIALS => client_credentials::exchange(request)?,
        DEVICE_CODE => device_code::exchange(request)?,
        REFRESH_TOKEN => refresh_token::exchange(request)?,
        _ => return Err(OauthError::new("unsupported_grant_type", "grant_type is not supported")),
    };
    Ok(axum::Json(answer).into_response())
}
