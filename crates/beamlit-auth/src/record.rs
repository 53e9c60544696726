//! The record of a login: what lies in the store, and the only truth about it.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::platform::Rotation;
use crate::secret::Secret;

/// The format that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;
/// How many digests of former secrets are kept.
const KNOWN: usize = 32;

/// The kind of a refresh token that the caller holds.
pub(crate) const BROUGHT: &str = "refresh_token";

/// One version of a login. Every write makes a new one; none is ever changed in place.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    format: u32,
    /// A random name of this write.
    pub(crate) id: String,
    /// One more with every new token, also at login.
    pub(crate) generation: u64,
    pub(crate) state: State,
    /// What it is a login to: a base URL or an issuer.
    pub(crate) base: String,
    pub(crate) workspace: Option<String>,
    pub(crate) client_id: Option<String>,
    /// The kind of the credential by its name in C and JSON; empty before the first login.
    pub(crate) kind: String,
    /// An API key, or a client's secret.
    #[serde(with = "stored")]
    pub(crate) secret: Option<Arc<Secret>>,
    #[serde(with = "stored")]
    pub(crate) access_token: Option<Arc<Secret>>,
    #[serde(with = "stored")]
    pub(crate) refresh_token: Option<Arc<Secret>>,
    /// It accompanies every refresh on the platform's own wire.
    #[serde(with = "stored")]
    pub(crate) device_code: Option<Arc<Secret>>,
    /// What was granted, as far as the server says.
    pub(crate) scope: String,
    /// The scope that the login asked for.
    #[serde(default)]
    pub(crate) asked: String,
    /// Just before the request for the access token was sent, in milliseconds since 1970.
    pub(crate) issued_at_ms: u64,
    pub(crate) lifetime_ms: u64,
    pub(crate) rotation: Rotation,
    pub(crate) claim: Option<Claim>,
    pub(crate) failure: Option<Failure>,
    /// In the record of the current workspace: the one that the platform's file named when this was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<String>,
    /// Digests of the secrets that it held or tried, oldest first.
    pub(crate) known: Vec<String>,
}

/// What became of a login.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// The first file of a chain, which is nobody's write.
    Empty,
    Live,
    /// The server refused the refresh token.
    Dead,
    LoggedOut,
}

/// Written before a refresh token is sent; stands for "it may have been spent".
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claim {
    /// A random name: whoever wrote the claim knows it again, whatever was written beside it since.
    #[serde(default)]
    pub(crate) id: String,
    /// Digest of the refresh token that is sent.
    pub(crate) token: String,
    /// When it was sent first, in milliseconds since 1970; a replay keeps it.
    pub(crate) first_ms: u64,
    /// When this claim was written.
    pub(crate) sent_at_ms: u64,
    /// The boot of the host under whose lock it was written, or none.
    pub(crate) boot: Option<String>,
    /// When it was sent first, in milliseconds since that boot.
    pub(crate) first_up_ms: u64,
    /// Of a claim on a candidate: the one on the login's own refresh token that stood before it, whose outcome is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) own: Option<Box<Claim>>,
}

/// The last renewal that failed, so that other processes share it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// When it began, in milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// Until when nobody tries again.
    pub(crate) until_ms: u64,
    /// How many failed in a row.
    pub(crate) count: u32,
    /// The kind of the error, and what it said.
    pub(crate) kind: String,
    pub(crate) message: String,
}

/// Only the format is read first: a newer one may have other members.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl Record {
    /// The first record of a chain, which is never a claim and never a commit.
    pub(crate) fn empty() -> Self {
        Self {
            format: FORMAT,
            id: String::new(),
            generation: 0,
            state: State::Empty,
            base: String::new(),
            workspace: None,
            client_id: None,
            kind: String::new(),
            secret: None,
            access_token: None,
            refresh_token: None,
            device_code: None,
            scope: String::new(),
            asked: String::new(),
            issued_at_ms: 0,
            lifetime_ms: 0,
            rotation: Rotation::Strict,
            claim: None,
            failure: None,
            context: None,
            known: Vec::new(),
        }
    }

    /// The record in `bytes`.
    ///
    /// # Errors
    /// `StoreCorrupt` if they are no record, `Unsupported` if they are one of a newer format. What they hold is not
    /// repeated.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        let corrupt =
            |_| Error::new(ErrorKind::StoreCorrupt, "an entry of the store is no record of a login");
        let Format { format } = serde_json::from_slice(bytes).map_err(corrupt)?;
        if format > FORMAT {
            let message = format!(
                "the stored login has format {format}, newer than this version knows; update beamlit-auth"
            );
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        serde_json::from_slice(bytes).map_err(corrupt)
    }

    /// The record as bytes.
    ///
    /// # Errors
    /// `InternalError`: a record can always be written.
    pub(crate) fn write(&self) -> Result<Secret> {
        let text = serde_json::to_string(self).map_err(|error| {
            Error::new(ErrorKind::InternalError, "a record could not be written as JSON").with_source(error)
        })?;
        Ok(Secret::new(text))
    }

    /// Whether the login can be used.
    pub(crate) fn is_live(&self) -> bool {
        self.state == State::Live
    }

    /// Whether renewing it spends its refresh token, so that it needs claims.
    pub(crate) fn spends(&self) -> bool {
        self.secret.is_none()
    }

    /// Whether it is no login, but a refresh token that the caller holds.
    pub(crate) fn is_brought(&self) -> bool {
        self.kind == BROUGHT
    }

    /// When its access token ends, since 1970.
    pub(crate) fn expires_at(&self) -> Duration {
        Duration::from_millis(self.issued_at_ms.saturating_add(self.lifetime_ms))
    }

    /// Digests of every secret that stands for this login.
    pub(crate) fn digests(&self) -> Vec<String> {
        let claimed = self.claim.iter().map(|claim| claim.token.clone());
        let held = [&self.refresh_token, &self.secret];
        claimed.chain(held.into_iter().flatten().map(|secret| secret.digest())).collect()
    }

    /// Makes these digests known; the oldest are forgotten.
    pub(crate) fn remember(&mut self, digests: impl IntoIterator<Item = String>) {
        for digest in digests {
            self.known.retain(|known| *known != digest);
            self.known.push(digest);
        }
        let surplus = self.known.len().saturating_sub(KNOWN);
        self.known.drain(..surplus);
    }

    /// What became known in `other` meanwhile is known here too, as the older part.
    pub(crate) fn catch_up_with(&mut self, other: &Self) {
        let own = std::mem::replace(&mut self.known, other.known.clone());
        self.remember(own);
    }

    /// Forgets the secrets; what is known of them stays.
    pub(crate) fn log_out(&mut self) {
        self.remember(self.digests());
        self.state = State::LoggedOut;
        (self.secret, self.access_token, self.refresh_token, self.device_code) = (None, None, None, None);
        (self.claim, self.failure) = (None, None);
    }
}

/// Milliseconds since 1970, as records count time.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// How a secret lies in a record: the one place where one is written anywhere as text.
mod stored {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::secret::Secret;

    #[expect(clippy::ref_option, reason = "serde hands over what the field is")]
    pub(super) fn serialize<S: Serializer>(secret: &Option<Arc<Secret>>, to: S) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(|secret| secret.reveal()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Arc<Secret>>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.map(|text| Arc::new(Secret::new(text))))
    }
}
