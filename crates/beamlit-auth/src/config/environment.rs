//! The process environment, read once.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::platform::Platform;
use crate::secret::Secret;

/// The variables that this library knows, read once. An empty variable is an unset one.
#[derive(Default)]
pub(crate) struct Environment {
    pub(crate) api_key: Option<Secret>,
    /// `BL_CLIENT_CREDENTIALS` or its alias, and the name it was found under.
    pub(crate) client_credentials: Option<(&'static str, Secret)>,
    pub(crate) workspace: Option<String>,
    pub(crate) platform: Option<String>,
    pub(crate) api_url: Option<String>,
    pub(crate) env: Option<String>,
    pub(crate) ssl_cert_file: Option<PathBuf>,
    /// May hold a password.
    pub(crate) https_proxy: Option<Arc<Secret>>,
    pub(crate) no_proxy: Option<String>,
    pub(crate) store: Option<String>,
    /// Opens the store that is sealed with it.
    pub(crate) passphrase: Option<Arc<Secret>>,
    pub(crate) share: Option<bool>,
    pub(crate) home: Option<PathBuf>,
    pub(crate) state_home: Option<PathBuf>,
}

impl Environment {
    /// Reads the process environment.
    ///
    /// # Errors
    /// `InvalidConfig` that names a variable that is not UTF-8.
    pub(crate) fn read() -> Result<Self> {
        let mut client_credentials = None;
        for name in ["BL_CLIENT_CREDENTIALS", "BL_AUTHENTICATION_CLIENT_CREDENTIALS"] {
            if client_credentials.is_none() {
                client_credentials = variable(name)?.map(|text| (name, Secret::new(text)));
            }
        }
        Ok(Self {
            api_key: variable("BL_API_KEY")?.map(Secret::new),
            client_credentials,
            workspace: variable("BL_WORKSPACE")?,
            platform: variable("BL_PLATFORM")?,
            api_url: variable("BL_API_URL")?,
            env: variable("BL_ENV")?,
            ssl_cert_file: variable("SSL_CERT_FILE")?.map(PathBuf::from),
            https_proxy: either("HTTPS_PROXY", "https_proxy")?.map(|url| Arc::new(Secret::new(url))),
            no_proxy: either("NO_PROXY", "no_proxy")?,
            store: variable("BL_STORE")?,
            passphrase: variable("BL_STORE_PASSPHRASE")?.map(|text| Arc::new(Secret::new(text))),
            share: variable("BL_SHARE")?.map(|text| switch("BL_SHARE", &text)).transpose()?,
            home: variable("HOME")?.map(PathBuf::from).filter(|path| path.is_absolute()),
            state_home: variable("XDG_STATE_HOME")?.map(PathBuf::from).filter(|path| path.is_absolute()),
        })
    }

    /// The same without the variables that hold a credential: a login is made by a person, whatever is set.
    pub(crate) fn without_credentials(mut self) -> Self {
        (self.api_key, self.client_credentials) = (None, None);
        self
    }

    /// The file that the tools of `platform` keep their logins in.
    pub(crate) fn file_of(&self, platform: &Platform) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(platform.folder()?).join("config.yaml"))
    }

    /// Where the logins of `platform` lie: beside the platform's own file, or in the folder for state.
    pub(crate) fn folder_of(&self, platform: &Platform) -> Option<PathBuf> {
        if let Some(folder) = platform.folder() {
            return self.home.as_ref().map(|home| home.join(folder).join("auth"));
        }
        let state =
            self.state_home.clone().or_else(|| self.home.as_ref().map(|home| home.join(".local/state")));
        state.map(|state| state.join("beamlit-auth"))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &'static str) -> Result<Option<String>> {
    match std::env::var(name) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Error::new(ErrorKind::InvalidConfig, format!("the variable {name} is not UTF-8")))
        }
    }
}

fn switch(name: &str, text: &str) -> Result<bool> {
    match text {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(Error::new(ErrorKind::InvalidConfig, format!("the variable {name} is neither 1 nor 0"))),
    }
}

fn either(name: &'static str, alias: &'static str) -> Result<Option<String>> {
    Ok(variable(name)?.or(variable(alias)?))
}
