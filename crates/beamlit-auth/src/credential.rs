//! Credentials: what the caller holds.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::error::{Error, ErrorKind, Result};
use crate::scope;
use crate::secret::Secret;

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
}

/// A long-lived API key of the platform. It is sent as it is and never renewed.
#[derive(Clone)]
pub struct ApiKey {
    pub(crate) api_key: Arc<Secret>,
}

/// A client's identifier and secret: a service account. Grant `client_credentials`, RFC 6749 §4.4.
#[derive(Clone)]
pub struct ClientCredentials {
    pub(crate) client_id: String,
    pub(crate) client_secret: Arc<Secret>,
    pub(crate) scope: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) token_endpoint_auth_method: Option<String>,
}

impl ApiKey {
    /// The key as the console showed it.
    pub fn new(api_key: impl Into<String>) -> Self {
        Self { api_key: Arc::new(Secret::new(api_key)) }
    }
}

impl ClientCredentials {
    /// A client's identifier and secret.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: Arc::new(Secret::new(client_secret)),
            scope: None,
            audience: None,
            resource: None,
            token_endpoint_auth_method: None,
        }
    }

    /// Reads `client_id:client_secret`, or the base64 of it, the form in which the platform hands them out.
    ///
    /// # Errors
    /// `InvalidArgument` if the text is neither. The text is not repeated.
    pub fn decode(text: &str) -> Result<Self> {
        let decoded;
        let pair = if text.contains(':') {
            text
        } else {
            decoded = Secret::new(decode_base64(text).ok_or_else(not_a_pair)?);
            decoded.reveal()
        };
        match pair.split_once(':') {
            Some((client_id, client_secret)) if !client_id.is_empty() => {
                Ok(Self::new(client_id, client_secret))
            }
            _ => Err(not_a_pair()),
        }
    }

    /// The scope to ask for (RFC 6749 §3.3): words separated by blanks.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// The `audience` parameter that some servers want beside the scope.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// The protected resource that the token is for, an absolute URI without a fragment (RFC 8707 §2).
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// How the client authenticates at the token endpoint: `client_secret_basic` (in the header) or
    /// `client_secret_post` (in the body). Unset, the server's metadata decides, and the header where it is silent.
    #[must_use]
    pub fn token_endpoint_auth_method(mut self, method: impl Into<String>) -> Self {
        self.token_endpoint_auth_method = Some(method.into());
        self
    }

    fn set(&mut self, field: &str, text: &str) -> bool {
        let slot = match field {
            "client_id" => {
                text.clone_into(&mut self.client_id);
                return true;
            }
            "client_secret" => {
                self.client_secret = Arc::new(Secret::new(text));
                return true;
            }
            "scope" => &mut self.scope,
            "audience" => &mut self.audience,
            "resource" => &mut self.resource,
            "token_endpoint_auth_method" => &mut self.token_endpoint_auth_method,
            _ => return false,
        };
        *slot = Some(text.to_owned());
        true
    }
}

impl Credential {
    /// Every kind that [`Credential::from_fields`] knows, in the order of the documentation.
    pub const KINDS: &'static [&'static str] = &["api_key", "client_credentials"];

    /// Makes a credential from a kind's name and its fields, all text, named as the RFCs name them. The door of the
    /// faces that have no types of ours; in Rust the kinds' own types say the same and are checked.
    ///
    /// # Errors
    /// `InvalidArgument` that names an unknown kind, an unknown field or a required field that is missing.
    pub fn from_fields(kind: &str, fields: &[(&str, &str)]) -> Result<Self> {
        let mut made = match kind {
            "api_key" => Self::ApiKey(ApiKey::new("")),
            "client_credentials" => Self::ClientCredentials(ClientCredentials::new("", "")),
            _ => {
                return Err(invalid(format!(
                    "unknown kind of credential; there are {}",
                    Self::KINDS.join(", ")
                )));
            }
        };
        for (field, text) in fields {
            let known = match &mut made {
                Self::ApiKey(key) if *field == "api_key" => {
                    key.api_key = Arc::new(Secret::new(*text));
                    true
                }
                Self::ApiKey(_) => false,
                Self::ClientCredentials(client) => client.set(field, text),
            };
            if !known {
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

    /// The kind's name in C, JSON and on the command line.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ApiKey(_) => "api_key",
            Self::ClientCredentials(_) => "client_credentials",
        }
    }

    /// The client that the credential names, where its kind has one.
    pub(crate) fn client_id(&self) -> Option<&str> {
        match self {
            Self::ApiKey(_) => None,
            Self::ClientCredentials(client) => Some(&client.client_id),
        }
    }

    /// Whether the credential itself travels with each request and is never renewed.
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self, Self::ApiKey(_))
    }

    /// Whether the kind gives an API key rather than an access token.
    pub(crate) fn is_key(&self) -> bool {
        matches!(self, Self::ApiKey(_))
    }

    /// Whether every field can be used.
    ///
    /// # Errors
    /// `InvalidArgument` that names the field; no value is repeated.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::ApiKey(key) => check_visible(&key.api_key, "api_key"),
            Self::ClientCredentials(client) => client.check(),
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

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiKey(key) => key.fmt(f),
            Self::ClientCredentials(client) => client.fmt(f),
        }
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
