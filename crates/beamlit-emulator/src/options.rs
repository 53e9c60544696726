//! How an emulator starts.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::emulator::Emulator;
use crate::settings::{Dialect, Settings};

/// How an emulator starts; [`Emulator::builder`] gives the defaults.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) port: u16,
    pub(crate) settings: Settings,
    pub(crate) workspaces: Vec<String>,
    pub(crate) data: Option<PathBuf>,
}

impl Default for Options {
    /// A free port, the platform's dialect, tokens of two hours, the workspace `acme`.
    fn default() -> Self {
        Self { port: 0, settings: Settings::default(), workspaces: vec!["acme".to_owned()], data: None }
    }
}

impl Options {
    /// Listens on this port of 127.0.0.1; 0, the default, takes a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The habits of the token endpoint; the default is [`Dialect::Platform`].
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.settings.dialect = dialect;
        self
    }

    /// Life of an access token in seconds; the default is 7200.
    #[must_use]
    pub fn token_lifetime(mut self, seconds: u32) -> Self {
        self.settings.token_lifetime_s = seconds;
        self
    }

    /// The workspaces that are listed from the start; the default is `acme`. Any other name is one as soon as a
    /// credential is issued for it.
    #[must_use]
    pub fn workspaces(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.workspaces = names.into_iter().map(Into::into).collect();
        self
    }

    /// Reads the workspaces from a JSON file: `{"workspaces": ["acme", "globex"]}`.
    ///
    /// # Errors
    /// The file cannot be read, or is not such an object.
    pub fn seed(self, file: &Path) -> io::Result<Self> {
        let located = |what: String| format!("cannot use the seed {}: {what}", file.display());
        let json =
            std::fs::read(file).map_err(|error| io::Error::new(error.kind(), located(error.to_string())))?;
        let seed: Seed = serde_json::from_slice(&json)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, located(error.to_string())))?;
        Ok(self.workspaces(seed.workspaces))
    }

    /// Keeps in this file, which the first start makes, what is to outlive a restart: workspaces, service accounts, API keys,
    /// logins, the clock, and the port, unless [`Options::port`] names one. Settings, faults, logins that nobody has
    /// approved yet and what was counted begin anew. The file is written before a request is answered, and of one
    /// emulator at a time.
    #[must_use]
    pub fn data(mut self, file: &Path) -> Self {
        self.data = Some(file.to_owned());
        self
    }

    /// Starts the emulator; it answers when this returns.
    ///
    /// # Errors
    /// The file of [`Options::data`] cannot be used, the port is taken, or the machine gives no socket, thread or random bytes.
    pub fn start(self) -> io::Result<Emulator> {
        Emulator::with(self)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    workspaces: Vec<String>,
}
