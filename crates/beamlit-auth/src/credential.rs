//! Credentials: what the caller holds.

mod kinds;

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::error::{Error, ErrorKind, Result};
use crate::scope;
use crate::secret::Secret;

pub use kinds::{ApiKey, ClientCredentials, DeviceLogin, RefreshToken};

/// Longest key or client secret, in bytes: what fits a header everywhere.
const SECRET_LIMIT: usize = 8 * 1024;

/// A credential of any kind. Immutable, cheap to clone, printed as its kind and `client_id`, without equality.
///
/// What is wrong with one is said by [`crate::Session::open`].
#[derive(Clone)]
#[non_exhaustive]
pub enum Credential {
    /// An API key.
    ApiKey(ApiKey),
    /// A client's identifier and secret (RFC 6749 §4.4).
    ClientCredentials(ClientCredentials),
    /// A login that a person approves in a browser, on any device (RFC 8628).
    DeviceLogin(DeviceLogin),
    /// A refresh token from elsewhere (RFC 6749 §6).
    RefreshToken(RefreshToken),
}

impl Credential {
    /// Every kind that [`Credential::from_fields`] knows, in the order of the documentation.
    pub const KINDS: &'static [&'static str] =
        &["api_key", "client_credentials", "device_code", "refresh_token"];

    /// Makes a credential from a kind's name and its fields, all text, named as the RFCs name them. The door of the
    /// faces that have no types of ours; in Rust the kinds' own types say the same and are checked.
    ///
    /// # Errors
    /// `InvalidArgument` that names an unknown kind, an unknown field or a required field that is missing.
    pub fn from_fields(kind: &str, fields: &[(&str, &str)]) -> Result<Self> {
        let mut made = match kind {
            "api_key" => Self::ApiKey(ApiKey::new("")),
            "client_credentials" => Self::ClientCredentials(ClientCredentials::new("", "")),
            "device_code" => Self::DeviceLogin(DeviceLogin::new()),
            "refresh_token" => Self::RefreshToken(RefreshToken::new("")),
            _ => {
                let known = Self::KINDS.join(", ");
                return Err(invalid(format!("unknown kind of credential; there are {known}")));
            }
        };
        for (field, text) in fields {
            if !made.set(field, text) {
                // Whoever swaps field and text passes a secret here, so only what looks like a name is repeated.
                let is_name =
                    field.len() <= 40 && field.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'));
                let field = if is_name { field } else { &"of that name" };
                return Err(invalid(format!("a credential of kind {kind} has no field {field}")));
            }
        }
        made.check()?;
        Ok(made)
    }

    /// Sets a field; false if the kind has none of that name.
    fn set(&mut self, field: &str, text: &str) -> bool {
        let secret = || Arc::new(Secret::new(text));
        match (self, field) {
            (Self::ApiKey(key), "api_key") => key.api_key = secret(),
            (Self::RefreshToken(token), "refresh_token") => token.refresh_token = secret(),
            (
                Self::RefreshToken(RefreshToken { client_id, .. })
                | Self::DeviceLogin(DeviceLogin { client_id, .. }),
                "client_id",
            ) => {
                *client_id = Some(text.to_owned());
            }
            (
                Self::RefreshToken(RefreshToken { scope, .. }) | Self::DeviceLogin(DeviceLogin { scope, .. }),
                "scope",
            ) => {
                *scope = Some(text.to_owned());
            }
            (Self::ClientCredentials(client), field) => return client.set(field, text),
            _ => return false,
        }
        true
    }

    /// The kind's name in C, JSON and on the command line.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ApiKey(_) => "api_key",
            Self::ClientCredentials(_) => "client_credentials",
            Self::DeviceLogin(_) => "device_code",
            Self::RefreshToken(_) => "refresh_token",
        }
    }

    /// The client that the credential names, where its kind has one.
    pub(crate) fn client_id(&self) -> Option<&str> {
        match self {
            Self::ApiKey(_) => None,
            Self::ClientCredentials(client) => Some(&client.client_id),
            Self::DeviceLogin(login) => login.client_id.as_deref(),
            Self::RefreshToken(token) => token.client_id.as_deref(),
        }
    }

    /// Whether the credential itself travels with each request and is never renewed.
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self, Self::ApiKey(_))
    }

    /// Whether it takes a person to make a login of it, so that it names a stored one rather than being one.
    pub(crate) fn is_interactive(&self) -> bool {
        matches!(self, Self::DeviceLogin(_))
    }

    /// Whether every field can be used.
    ///
    /// # Errors
    /// `InvalidArgument` that names the field; no value is repeated.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::ApiKey(key) => check_visible(&key.api_key, "api_key"),
            Self::ClientCredentials(client) => client.check(),
            Self::DeviceLogin(login) => check_public(login.client_id.as_deref(), login.scope.as_deref()),
            Self::RefreshToken(token) => {
                check_visible(&token.refresh_token, "refresh_token")?;
                check_public(token.client_id.as_deref(), token.scope.as_deref())
            }
        }
    }
}

impl ClientCredentials {
    fn check(&self) -> Result<()> {
        check_vschar(&self.client_id, "client_id")?;
        check_vschar(self.client_secret.reveal(), "client_secret")?;
        if let Some(scope) = &self.scope {
            scope::normalise(scope)?;
        }
        if self.resource.as_ref().is_some_and(|uri| uri.contains('#') || !uri.contains(':')) {
            return Err(invalid("resource is not an absolute URI without a fragment (RFC 8707 §2)".into()));
        }
        match self.token_endpoint_auth_method.as_deref() {
            None | Some("client_secret_basic" | "client_secret_post") => Ok(()),
            Some(_) => Err(invalid(
                "token_endpoint_auth_method is neither client_secret_basic nor client_secret_post".into(),
            )),
        }
    }
}

impl From<ApiKey> for Credential {
    fn from(key: ApiKey) -> Self {
        Self::ApiKey(key)
    }
}

impl From<ClientCredentials> for Credential {
    fn from(client: ClientCredentials) -> Self {
        Self::ClientCredentials(client)
    }
}

impl From<DeviceLogin> for Credential {
    fn from(login: DeviceLogin) -> Self {
        Self::DeviceLogin(login)
    }
}

impl From<RefreshToken> for Credential {
    fn from(token: RefreshToken) -> Self {
        Self::RefreshToken(token)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiKey(key) => key.fmt(f),
            Self::ClientCredentials(client) => client.fmt(f),
            Self::DeviceLogin(login) => login.fmt(f),
            Self::RefreshToken(token) => token.fmt(f),
        }
    }
}

impl fmt::Debug for DeviceLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceLogin({:?})", self.client_id.as_deref().unwrap_or("-"))
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({:?}, …)", self.client_id.as_deref().unwrap_or("-"))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientCredentials({:?}, …)", self.client_id)
    }
}

/// Standard or URL-safe base64, padded or not: people paste both.
fn decode_base64(text: &str) -> Option<String> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&STANDARD, lenient)
        .decode(text)
        .or_else(|_| GeneralPurpose::new(&URL_SAFE, lenient).decode(text))
        .ok()?;
    String::from_utf8(bytes).ok()
}

/// What a client without a secret may name.
fn check_public(client_id: Option<&str>, scope: Option<&str>) -> Result<()> {
    client_id.map_or(Ok(()), |client_id| check_vschar(client_id, "client_id"))?;
    scope.map_or(Ok(()), |scope| scope::normalise(scope).map(drop))
}

fn not_a_pair() -> Error {
    invalid("client credentials are neither client_id:client_secret nor the base64 of that".into())
}

fn check_visible(secret: &Secret, field: &str) -> Result<()> {
    if secret.reveal().is_empty() {
        return Err(invalid(format!("{field} is missing")));
    }
    if secret.is_visible_ascii(SECRET_LIMIT) {
        return Ok(());
    }
    Err(invalid(format!(
        "{field} holds a blank, a line break or a character that is not ASCII, or is over 8 KiB; paste it again"
    )))
}

/// `VSCHAR` of RFC 6749 App. A: printable ASCII, blanks included.
fn check_vschar(text: &str, field: &str) -> Result<()> {
    if text.is_empty() {
        return Err(invalid(format!("{field} is missing")));
    }
    if text.len() <= SECRET_LIMIT && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return Ok(());
    }
    Err(invalid(format!(
        "{field} holds a line break or a character that is not ASCII, or is over 8 KiB; paste it again"
    )))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}

#[cfg(test)]
mod tests;
