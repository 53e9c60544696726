//! Configuration: what the caller sets, what the environment adds, and the settings that come of both.
//!
//! This folder is the only reader of the environment.

mod environment;
mod passphrase;
mod settings;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::credential::{ApiKey, ClientCredentials, Credential, DeviceLogin, RefreshToken};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{DoorSettings, ProxySetting};
use crate::net::Trust;
use crate::origin::{Origin, Url};
use crate::platform::Platform;
use crate::platform::Rotation;
use crate::secret::Secret;
use crate::store::{Choice, Chosen, Opened, Place, Shelf};

pub(crate) use environment::Environment;
use passphrase::Passphrase;
pub(crate) use settings::Settings;

/// What a call waits at most when neither it nor the configuration says otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// There is no "for ever": longer waits are cut to this.
pub(crate) const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Everything a session is opened with. A plain value: setters only keep what they are given, and
/// [`crate::Session::open`] says what is wrong with it, by the setting's name.
///
/// What is left unset comes from the process environment, then from the default.
#[derive(Clone, Debug, Default)]
pub struct Config {
    workspace: Option<String>,
    credential: Option<Credential>,
    platform: Option<Platform>,
    api_url: Option<String>,
    origins: Vec<String>,
    header: Option<String>,
    timeout: Option<Duration>,
    ca_file: Option<PathBuf>,
    proxy: Option<String>,
    user_agent: Option<String>,
    rotation: Option<String>,
    store: Option<Choice>,
    passphrase: Option<Passphrase>,
    share: Option<bool>,
    background_refresh: bool,
    opened: Option<Opened>,
}

impl Config {
    /// A configuration in which nothing is set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The workspace, by its name. Variable `BL_WORKSPACE`.
    #[must_use]
    pub fn workspace(mut self, name: impl Into<String>) -> Self {
        self.workspace = Some(name.into());
        self
    }

    /// The credential. Variables `BL_API_KEY`, then `BL_CLIENT_CREDENTIALS`.
    #[must_use]
    pub fn credential(mut self, credential: impl Into<Credential>) -> Self {
        self.credential = Some(credential.into());
        self
    }

    /// The platform, or the URL of any other issuer. Variable `BL_PLATFORM`; default Beamlit.
    #[must_use]
    pub fn platform(mut self, platform: impl Into<Platform>) -> Self {
        self.platform = Some(platform.into());
        self
    }

    /// The API's base URL: https, or http on loopback. Variables `BL_API_URL`, then `BL_ENV` (`dev`, `local`), which
    /// picks the platform's own hosts; default the platform's.
    #[must_use]
    pub fn api_url(mut self, url: impl Into<String>) -> Self {
        self.api_url = Some(url.into());
        self
    }

    /// One more origin that headers may be given for, such as `https://api.example.com`. Default: that of `api_url`
    /// alone if it is set, else the platform's own; none for an issuer URL. It also admits an endpoint that an
    /// issuer's metadata puts outside the issuer's own site.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// The name of the header that carries the credential. `…Authorization` carries it as `Bearer`, `…Api-Key` as it
    /// is; under other names tokens travel as `Bearer` and keys as they are. Default `Authorization`, and the
    /// platform's `X-…-Api-Key` for keys.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>) -> Self {
        self.header = Some(name.into());
        self
    }

    /// What a call waits at most when it sets no time of its own. Default 30 s; at most 24 h; zero does not wait.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// A PEM file of certificate authorities, trusted beside the system's. Variable `SSL_CERT_FILE`, which stands in
    /// the place of the system's.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// The proxy for https requests, a URL, or `none`. Variables `HTTPS_PROXY` and `NO_PROXY`. Never used for
    /// loopback.
    #[must_use]
    pub fn proxy(mut self, url_or_none: impl Into<String>) -> Self {
        self.proxy = Some(url_or_none.into());
        self
    }

    /// The program's `name/version`, put before ours in `User-Agent`.
    #[must_use]
    pub fn user_agent(mut self, name_and_version: impl Into<String>) -> Self {
        self.user_agent = Some(name_and_version.into());
        self
    }

    /// What the server does to refresh tokens at a renewal: `none` (they stay good), `grace:SECONDS` (the former one stays
    /// good for so long) or `strict` (it is spent). Default: what the platform does; `strict` for an issuer.
    #[must_use]
    pub fn rotation(mut self, rotation: impl Into<String>) -> Self {
        self.rotation = Some(rotation.into());
        self
    }

    /// Where logins live: `file`, `file:PATH` (a folder), `encrypted-file:PATH` (a folder, sealed with
    /// [`Config::passphrase`]), `memory`, `redis://HOST` for the programs of many hosts
    /// ([its URI](crate::store#redis)), or a [`Store`](crate::store::Store) of one's own.
    /// Variable `BL_STORE`; default `file`, below the platform's folder in the home folder.
    #[must_use]
    pub fn store(mut self, store: impl Into<Choice>) -> Self {
        self.store = Some(store.into());
        self
    }

    /// What an `encrypted-file` store is sealed with. Variable `BL_STORE_PASSPHRASE`.
    #[must_use]
    pub fn passphrase(mut self, passphrase: impl Into<String>) -> Self {
        self.passphrase = Some(Passphrase::new(passphrase));
        self
    }

    /// Whether the store that is named, here or in the environment, is sealed with a passphrase which is not. Asks
    /// nobody.
    ///
    /// # Errors
    /// `InvalidConfig` that names a variable that cannot be used.
    pub fn needs_passphrase(&self) -> Result<bool> {
        let environment = Environment::read()?;
        let uri = self.uri(&environment).unwrap_or_default();
        let is_named = self.passphrase.is_some() || environment.passphrase.is_some();
        Ok(uri.starts_with("encrypted-file:") && !is_named)
    }

    /// Whether the tokens of client credentials go to the store too, so that the programs of this machine, or of a fleet that
    /// has one Redis server, make one request at each expiry together. Never the secret; and where the store cannot be used,
    /// each goes on by itself. Variable `BL_SHARE`; default no, but yes with Redis.
    #[must_use]
    pub fn share(mut self, share: bool) -> Self {
        self.share = Some(share);
        self
    }

    /// Whether the token is renewed when it is due even if nobody asks for it then, so that no call waits for a server
    /// as long as a valid token is there. One thread for all sessions of a process that want this sees to it; it begins
    /// with the first of them and ends with the last, and at [`crate::shutdown()`]. The first token of client credentials
    /// is still asked for by the first call. An API key renews nothing. Default no.
    #[must_use]
    pub fn background_refresh(mut self, background_refresh: bool) -> Self {
        self.background_refresh = background_refresh;
        self
    }

    /// The same for opening what a login has just stored: an interactive credential names it, any other is in the store.
    pub(crate) fn with_stored_credential(mut self, store: Arc<dyn Shelf>) -> Self {
        self.opened = Some(Opened::new(store));
        self.credential = self.credential.filter(Credential::is_interactive);
        self
    }

    /// The credential that was set, if any.
    pub(crate) fn own_credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }

    /// The settings that this configuration and `environment` make together.
    ///
    /// # Errors
    /// `InvalidConfig` or `InvalidArgument` that names the setting or the variable.
    pub(crate) fn settle(&self, environment: &Environment) -> Result<Settings> {
        let platform = self.platform.clone().or_else(|| environment.platform.as_deref().map(Platform::from));
        let platform = platform.unwrap_or_default();
        let issuer = platform.issuer()?;
        let api_url = self.base_url(&platform, environment)?;
        let workspace = self.workspace.as_ref().or(environment.workspace.as_ref());
        workspace.map(|name| check_workspace(name)).transpose()?;
        let store = self.place(&platform, environment)?;
        Ok(Settings {
            origins: self.origins(&platform, api_url.as_ref(), environment)?,
            header: self.header.clone(),
            rotation: self.rotation.as_deref().map(Rotation::parse).transpose()?,
            // A store of another kind has no plaintext twin.
            mirror: environment.file_of(&platform).filter(|_| self.uri(environment) == Some("file")),
            share: self.share.or(environment.share).unwrap_or_else(|| store.shares()),
            background_refresh: self.background_refresh,
            store,
            workspace: workspace.cloned(),
            timeout: self.timeout.unwrap_or(DEFAULT_TIMEOUT).min(LONGEST_TIMEOUT),
            door: DoorSettings {
                trust: self.trust(environment),
                proxy: self.proxy_setting(environment),
                user_agent: user_agent(self.user_agent.as_deref())?,
            },
            platform,
            issuer,
            api_url,
        })
    }

    fn place(&self, platform: &Platform, environment: &Environment) -> Result<Place> {
        let own = self.store.as_ref().map(|choice| &choice.0);
        match (&self.opened, own) {
            (Some(opened), _) | (None, Some(Chosen::Opened(opened))) => Ok(Place::Open(opened.clone())),
            _ => {
                let uri = self.uri(environment).unwrap_or_default();
                Place::parse(
                    uri,
                    environment.folder_of(platform),
                    passphrase::of(self.passphrase.as_ref(), environment)?,
                    self.trust(environment),
                )
            }
        }
    }

    fn trust(&self, environment: &Environment) -> Trust {
        Trust { ca_file: self.ca_file.clone(), ssl_cert_file: environment.ssl_cert_file.clone() }
    }

    /// The URI of the store; `None` for a store of the caller's.
    fn uri<'a>(&'a self, environment: &'a Environment) -> Option<&'a str> {
        match &self.store {
            Some(choice) => choice.uri(),
            None => Some(environment.store.as_deref().unwrap_or("file")),
        }
    }

    fn proxy_setting(&self, environment: &Environment) -> ProxySetting {
        match (self.proxy.as_deref(), &environment.https_proxy) {
            (Some("none"), _) | (None, None) => ProxySetting::None,
            (Some(url), _) => ProxySetting::Url(Arc::new(Secret::new(url))),
            (None, Some(url)) => ProxySetting::Environment {
                https_proxy: Arc::clone(url),
                no_proxy: environment.no_proxy.clone().unwrap_or_default(),
            },
        }
    }

    fn base_url(&self, platform: &Platform, environment: &Environment) -> Result<Option<Url>> {
        if let Some(url) = &self.api_url {
            return Url::parse(url, "api_url").map(Some);
        }
        if let Some(url) = &environment.api_url {
            return Url::parse(url, "BL_API_URL").map(Some);
        }
        let hosts = platform.hosts(environment.env.as_deref())?;
        hosts.map(|hosts| Url::parse(&hosts.api_url, "api_url")).transpose()
    }

    fn origins(
        &self,
        platform: &Platform,
        api_url: Option<&Url>,
        environment: &Environment,
    ) -> Result<Vec<Origin>> {
        let mut origins: Vec<Origin> = api_url.iter().map(|url| url.origin().clone()).collect();
        if self.api_url.is_none() && environment.api_url.is_none() {
            let own =
                platform.hosts(environment.env.as_deref())?.map_or_else(Vec::new, |hosts| hosts.origins);
            for origin in &own {
                origins.push(Origin::parse(origin, "platform")?);
            }
        }
        for origin in &self.origins {
            origins.push(Origin::parse(origin, "allow_origin")?);
        }
        Ok(origins)
    }
}

/// A credential alone is a configuration.
macro_rules! of_a_credential {
    ($($kind:ident),*) => {$(
        impl From<$kind> for Config {
            fn from(credential: $kind) -> Self {
                Self::new().credential(credential)
            }
        }
    )*};
}

of_a_credential!(Credential, ApiKey, ClientCredentials, DeviceLogin, RefreshToken);

/// A workspace is a name of letters, digits, hyphens, underscores and dots. What looks like a key is refused, so
/// that a key passed in the wrong place never becomes a name that is printed, stored or sent.
pub(crate) fn check_workspace(name: &str) -> Result<()> {
    let looks_like_a_key = name.len() == 35
        && name.as_bytes()[..3].eq_ignore_ascii_case(b"BL_")
        && name.bytes().skip(3).all(|byte| byte.is_ascii_alphanumeric());
    if looks_like_a_key {
        let message = "the workspace looks like an API key; pass keys as a credential (api_key)";
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if plain && !name.is_empty() && name.len() <= 128 && !name.starts_with('.') {
        return Ok(());
    }
    let message = "the workspace is not a name of letters, digits, hyphens, underscores and dots";
    Err(Error::new(ErrorKind::InvalidArgument, message))
}

fn user_agent(program: Option<&str>) -> Result<String> {
    let ours = concat!("beamlit-auth/", env!("CARGO_PKG_VERSION"));
    match program {
        None => Ok(ours.to_owned()),
        Some(text)
            if text.len() <= 256
                && !text.is_empty()
                && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) =>
        {
            Ok(format!("{text} {ours}"))
        }
        Some(_) => Err(Error::new(
            ErrorKind::InvalidConfig,
            "user_agent is not printable ASCII of at most 256 characters",
        )),
    }
}

#[cfg(test)]
mod tests;
