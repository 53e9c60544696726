//! How the emulator behaves, changeable while it runs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Which habits the token endpoint has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// The Beamlit platform's: JSON and form bodies, 400 naming the parameter for a bad client, and always the four
    /// members `access_token`, `refresh_token`, `expires_in`, `token_type`.
    #[default]
    Platform,
    /// RFC 6749 to the letter: form bodies, one way of client authentication, 401 with `WWW-Authenticate` for a bad
    /// client, no refresh token for client credentials.
    Strict,
}

/// Switches of the emulator; [`Emulator::configure`](crate::Emulator::configure) and `POST /_emulator/settings`
/// change them at any time, for the answers that follow.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// Which habits the token endpoint has.
    pub dialect: Dialect,
    /// Life of an access token, in seconds.
    pub token_lifetime_s: u32,
    /// Access tokens are opaque text instead of JSON Web Tokens.
    pub opaque_tokens: bool,
    /// Whether client credentials get a refresh token; `None` leaves it to the dialect.
    pub refresh_token: Option<bool>,
    /// Members put into each token answer, over the emulator's own of the same name.
    pub extra: Map<String, Value>,
    /// Members left out of each token answer.
    pub omit: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dialect: Dialect::Platform,
            token_lifetime_s: 7200,
            opaque_tokens: false,
            refresh_token: None,
            extra: Map::new(),
            omit: Vec::new(),
        }
    }
}

impl Settings {
    /// These settings with the members of `changes` in place of their own.
    pub(crate) fn merged(&self, changes: Map<String, Value>) -> serde_json::Result<Self> {
        let mut merged = serde_json::to_value(self)?;
        for (name, value) in changes {
            merged[name] = value;
        }
        serde_json::from_value(merged)
    }
}
