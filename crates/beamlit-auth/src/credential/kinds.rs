//! The kinds of credentials, one type each, with the RFCs' names for their fields.

use std::sync::Arc;

use crate::credential::{decode_base64, not_a_pair};
use crate::error::Result;
use crate::secret::Secret;

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

/// A login that a person approves in a browser, on this or any other device. Grant `device_code`, RFC 8628.
#[derive(Clone, Default)]
pub struct DeviceLogin {
    pub(crate) client_id: Option<String>,
    pub(crate) scope: Option<String>,
}

/// A refresh token that the caller has from elsewhere, kept in this session's memory. Grant `refresh_token`, RFC 6749
/// §6. The caller must not use it anywhere else: most servers take each one once.
#[derive(Clone)]
#[expect(clippy::struct_field_names, reason = "the field has the name that the RFC gives it")]
pub struct RefreshToken {
    pub(crate) refresh_token: Arc<Secret>,
    pub(crate) client_id: Option<String>,
    pub(crate) scope: Option<String>,
}

impl DeviceLogin {
    /// A login as the platform's own client.
    pub fn new() -> Self {
        Self::default()
    }

    /// The client that asks. Default: the platform's; an issuer has none.
    #[must_use]
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// The scope to ask for. Default: `offline_access`, without which many servers give no refresh token; none where the
    /// server lists its scopes without that one.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }
}

impl RefreshToken {
    /// The refresh token.
    pub fn new(refresh_token: impl Into<String>) -> Self {
        Self { refresh_token: Arc::new(Secret::new(refresh_token)), client_id: None, scope: None }
    }

    /// The client that it was issued to. Default: the platform's; an issuer has none.
    #[must_use]
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// The scope that was granted with it.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }
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

    pub(super) fn set(&mut self, field: &str, text: &str) -> bool {
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
