//! How the emulator behaves, changeable while it runs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::rotation::{RefreshAnswer, Rotation};

/// Which habits the authorization server has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// The Beamlit platform's: JSON and form bodies, 400 naming the parameter for a bad client, always the four
    /// members `access_token`, `refresh_token`, `expires_in`, `token_type`, refresh tokens that stay good, 202 while
    /// a login is pending, polls at any rate, any client id, no revocation endpoint.
    #[default]
    Platform,
    /// RFC 6749, RFC 7009 and RFC 8628 to the letter: form bodies, one way of client authentication, 401 with
    /// `WWW-Authenticate` for a bad client, no refresh token for client credentials, refresh tokens that rotate and
    /// end the login at reuse, an `interval` that is enforced, codes and tokens bound to their client.
    Strict,
}

/// How the token endpoint says that a login is still pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pending {
    /// 202, the platform's way.
    Accepted,
    /// 400 with `authorization_pending` (RFC 8628 §3.5).
    Error,
}

/// Switches of the emulator; [`Emulator::configure`](crate::Emulator::configure) and `POST /_emulator/settings`
/// change them at any time, for the answers that follow.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// Which habits the authorization server has; what is `None` below is left to it.
    pub dialect: Dialect,
    /// Life of an access token, in seconds.
    pub token_lifetime_s: u32,
    /// Access tokens are opaque text instead of JSON Web Tokens.
    pub opaque_tokens: bool,
    /// Whether a grant begins with a refresh token; of themselves all do but client credentials in the strict dialect.
    pub refresh_token: Option<bool>,
    /// Life of a refresh token, in seconds from its issue; without end if `None`.
    pub refresh_token_lifetime_s: Option<u32>,
    /// What a renewal does to the refresh token; [`Rotation::None`] for the platform, else [`Rotation::Revoke`].
    pub rotation: Option<Rotation>,
    /// What the answer to a renewal says of the refresh token under [`Rotation::None`].
    pub refresh_answer: RefreshAnswer,
    /// Life of a device code and its user code, in seconds.
    pub device_code_lifetime_s: u32,
    /// The `interval` of device logins that start from now on, in seconds.
    pub interval_s: u32,
    /// Whether a poll before its time is answered with `slow_down`, which makes the interval 5 s longer for good.
    pub enforce_interval: Option<bool>,
    /// So many first polls of each device login are answered with `slow_down`, whenever they come.
    pub slow_downs: u32,
    /// How the token endpoint says that a login is still pending.
    pub pending: Option<Pending>,
    /// Whether there is a revocation endpoint (RFC 7009), and the metadata name it.
    pub revocation: Option<bool>,
    /// Members put into each token answer, over the emulator's own of the same name.
    pub extra: Map<String, Value>,
    /// Members left out of each token answer.
    pub omit: Vec<String>,
    /// Members put into each answer of the device authorization endpoint, over the emulator's own: `interval` null, say.
    pub device_extra: Map<String, Value>,
    /// Members left out of each answer of the device authorization endpoint.
    pub device_omit: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dialect: Dialect::Platform,
            token_lifetime_s: 7200,
            opaque_tokens: false,
            refresh_token: None,
            refresh_token_lifetime_s: None,
            rotation: None,
            refresh_answer: RefreshAnswer::Same,
            device_code_lifetime_s: 600,
            interval_s: 5,
            enforce_interval: None,
            slow_downs: 0,
            pending: None,
            revocation: None,
            extra: Map::new(),
            omit: Vec::new(),
            device_extra: Map::new(),
            device_omit: Vec::new(),
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

    pub(crate) fn is_strict(&self) -> bool {
        self.dialect == Dialect::Strict
    }

    pub(crate) fn rotates(&self) -> Rotation {
        self.rotation.unwrap_or(if self.is_strict() { Rotation::Revoke } else { Rotation::None })
    }

    pub(crate) fn enforces_interval(&self) -> bool {
        self.enforce_interval.unwrap_or(self.is_strict())
    }

    pub(crate) fn pends(&self) -> Pending {
        self.pending.unwrap_or(if self.is_strict() { Pending::Error } else { Pending::Accepted })
    }

    pub(crate) fn revokes(&self) -> bool {
        self.revocation.unwrap_or(self.is_strict())
    }

    /// When a refresh token that is issued now ends, in milliseconds since the Unix epoch.
    pub(crate) fn refresh_token_expiry_ms(&self, now_ms: i64) -> i64 {
        let lifetime_ms = self.refresh_token_lifetime_s.map(|seconds| i64::from(seconds) * 1000);
        lifetime_ms.map_or(i64::MAX, |lifetime_ms| now_ms.saturating_add(lifetime_ms))
    }
}
