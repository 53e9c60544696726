//! Platforms: the constants of Beamlit and Blaxel, and any other issuer.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::origin::Url;

/// How an authorization server is spoken to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Form-encoded bodies, form-encoded parts in `Basic` (RFC 6749 §2.3.1 and App. B).
    Rfc,
    /// The platform's own: JSON bodies, and `Basic` over the client's identifier and secret as they are.
    Platform,
}

/// What a renewal does to the refresh token. A setting of the server, never inferred from what it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rotation {
    /// It stays good.
    None,
    /// The former one stays good for so many seconds.
    Grace(u64),
    /// It is spent.
    Strict,
}

impl Rotation {
    /// Reads the setting `rotation`: `none`, `grace:SECONDS` or `strict`.
    ///
    /// # Errors
    /// `InvalidConfig` for anything else.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let grace = text.strip_prefix("grace:").and_then(|seconds| seconds.parse().ok()).map(Self::Grace);
        match (text, grace) {
            ("none", _) => Ok(Self::None),
            ("strict", _) => Ok(Self::Strict),
            (_, Some(grace)) => Ok(grace),
            _ => Err(Error::new(
                ErrorKind::InvalidConfig,
                "rotation is none of none, strict and grace:SECONDS",
            )),
        }
    }
}

impl fmt::Display for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Grace(seconds) => write!(f, "grace:{seconds}"),
            Self::Strict => f.write_str("strict"),
        }
    }
}

/// Which platform a session belongs to: Beamlit (the default), Blaxel, or any OAuth 2.0 or `OpenID` Connect issuer.
///
/// A plain value without I/O; what is wrong with it is said by [`crate::Session::open`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Beamlit,
    Blaxel,
    Custom(String),
}

impl Platform {
    /// The Beamlit platform: API `https://api.beamlit.com/v0`, headers `X-Beamlit-…`.
    pub fn beamlit() -> Self {
        Self(Kind::Beamlit)
    }

    /// The Blaxel platform, as Beamlit has been called since 2025: the same wire under other names.
    pub fn blaxel() -> Self {
        Self(Kind::Blaxel)
    }

    /// Any other authorization server, by its issuer identifier (RFC 8414 §2): an https URL, or http on loopback.
    /// Its endpoints come from its metadata.
    pub fn custom(issuer: impl Into<String>) -> Self {
        Self(Kind::Custom(issuer.into()))
    }

    /// The name that settings and `bl status` use: `beamlit`, `blaxel`, or the issuer URL.
    pub fn name(&self) -> &str {
        match &self.0 {
            Kind::Beamlit => "beamlit",
            Kind::Blaxel => "blaxel",
            Kind::Custom(issuer) => issuer,
        }
    }

    /// The issuer of a custom platform; `None` for Beamlit and Blaxel, whose endpoints are known.
    ///
    /// # Errors
    /// `InvalidConfig` if the name is neither a platform's nor a usable URL.
    pub(crate) fn issuer(&self) -> Result<Option<Url>> {
        match &self.0 {
            Kind::Custom(issuer) if !issuer.contains("://") => Err(Error::new(
                ErrorKind::InvalidConfig,
                "platform is neither beamlit, blaxel nor an issuer URL that begins with https://",
            )),
            Kind::Custom(issuer) if issuer.contains('?') => {
                Err(Error::new(ErrorKind::InvalidConfig, "an issuer URL has no query (RFC 8414 §2)"))
            }
            Kind::Custom(issuer) => Url::parse(issuer, "platform").map(Some),
            Kind::Beamlit | Kind::Blaxel => Ok(None),
        }
    }

    /// Base URL of the API and further origins that the platform owns, for `BL_ENV`; `None` for a custom issuer.
    ///
    /// # Errors
    /// `InvalidConfig` for an environment that the platform does not have.
    pub(crate) fn hosts(&self, environment: Option<&str>) -> Result<Option<Hosts>> {
        let domain = match &self.0 {
            Kind::Beamlit => "beamlit",
            Kind::Blaxel => "blaxel",
            Kind::Custom(_) => return Ok(None),
        };
        let prod = if domain == "beamlit" { "com" } else { "ai" };
        let hosts = |tld: &str, region: &str| Hosts {
            api_url: format!("https://api.{domain}.{tld}/v0"),
            origins: vec![
                format!("https://run.{domain}.{tld}"),
                format!("https://app.{domain}.{tld}"),
                format!("https://{region}.registry.{domain}.{tld}"),
            ],
        };
        match environment {
            None | Some("prod" | "production") => Ok(Some(hosts(prod, "us"))),
            Some("dev") => Ok(Some(hosts("dev", "eu"))),
            // What is not on this machine is that of `dev`.
            Some("local") => {
                let mut local = hosts("dev", "eu");
                local.api_url = "http://localhost:8080/v0".into();
                local.origins[1] = "http://localhost:3000".into();
                Ok(Some(local))
            }
            Some(_) => Err(Error::new(ErrorKind::InvalidConfig, "BL_ENV is none of prod, dev and local")),
        }
    }

    /// What its server does to refresh tokens: Beamlit and Blaxel keep them good; others are taken to rotate them.
    pub(crate) fn rotation(&self) -> Rotation {
        match self.0 {
            Kind::Beamlit | Kind::Blaxel => Rotation::None,
            Kind::Custom(_) => Rotation::Strict,
        }
    }

    /// The folder in the home folder that the platform's own tools use.
    pub(crate) fn folder(&self) -> Option<&'static str> {
        match self.0 {
            Kind::Beamlit => Some(".beamlit"),
            Kind::Blaxel => Some(".blaxel"),
            Kind::Custom(_) => None,
        }
    }

    /// The client that a person's login is made by.
    pub(crate) fn client_id(&self) -> Option<&'static str> {
        match self.0 {
            Kind::Beamlit => Some("beamlit"),
            Kind::Blaxel => Some("blaxel"),
            Kind::Custom(_) => None,
        }
    }

    /// How its authorization server is spoken to.
    pub(crate) fn dialect(&self) -> Dialect {
        match self.0 {
            Kind::Beamlit | Kind::Blaxel => Dialect::Platform,
            Kind::Custom(_) => Dialect::Rfc,
        }
    }

    /// The header that carries an API key when the caller names none.
    pub(crate) fn key_header(&self) -> &'static str {
        match self.0 {
            Kind::Beamlit => "X-Beamlit-Api-Key",
            // Blaxel's own clients send keys as bearer tokens now.
            Kind::Blaxel | Kind::Custom(_) => "Authorization",
        }
    }

    /// The header that names the workspace; a custom issuer has none.
    pub(crate) fn workspace_header(&self) -> Option<&'static str> {
        match self.0 {
            Kind::Beamlit => Some("X-Beamlit-Workspace"),
            Kind::Blaxel => Some("X-Blaxel-Workspace"),
            Kind::Custom(_) => None,
        }
    }
}

impl Default for Platform {
    fn default() -> Self {
        Self::beamlit()
    }
}

impl From<&str> for Platform {
    /// `beamlit`, `blaxel`, or an issuer URL.
    fn from(name: &str) -> Self {
        match name {
            "beamlit" => Self::beamlit(),
            "blaxel" => Self::blaxel(),
            issuer => Self::custom(issuer),
        }
    }
}

/// Where a platform lives.
pub(crate) struct Hosts {
    /// Base URL of the API, with `/v0`.
    pub(crate) api_url: String,
    /// Further origins that its credentials may travel to.
    pub(crate) origins: Vec<String>,
}

/// What the platform's tokens live, taken when `expires_in` is absent (RFC 6749 §5.1 leaves it to documentation):
/// two hours, less the minute that a renewal may take.
pub(crate) const DEFAULT_LIFETIME: Duration = Duration::from_secs(2 * 60 * 60 - 60);
