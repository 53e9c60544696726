//! The settings as flags: one flag for each, of the same name.

use std::path::PathBuf;
use std::time::Duration;

use beamlit_auth::{Config, DeviceLogin, Error, ErrorKind, Platform, Result};
use clap::Args;

use crate::interrupt::interruptible;
use crate::output;
use crate::standard_input::{StandardInput, read, standard_input};
use crate::terminal;

/// The longest time that is taken, in seconds; there is no "for ever".
const LONGEST: f64 = 24.0 * 60.0 * 60.0;

/// Where a credential is used and how; what is left out comes from the environment, then from the default.
#[expect(clippy::doc_markdown, reason = "the comments on arguments are the help that is printed")]
#[derive(Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct Settings {
    /// The workspace [variable: BL_WORKSPACE]
    #[arg(short, long, value_name = "NAME")]
    workspace: Option<String>,
    /// beamlit, blaxel, or an issuer URL [variable: BL_PLATFORM; default: beamlit]
    #[arg(long, value_name = "NAME", conflicts_with = "issuer")]
    platform: Option<String>,
    /// Any other authorization server, by its issuer URL
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// The client that a login in a browser is made as [default: the platform's]
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// The API's base URL: https, or http on loopback [variable: BL_API_URL]
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// One more origin that headers may be given for; repeatable
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// The header that carries the credential
    #[arg(long, value_name = "HEADER")]
    header: Option<String>,
    /// Where logins live: file, file:PATH, encrypted-file:PATH, memory or redis://HOST [variable: BL_STORE; default: file]
    #[arg(long, value_name = "STORE", value_parser = store)]
    store: Option<String>,
    /// Open an encrypted-file store with the passphrase on standard input [variable: BL_STORE_PASSPHRASE]
    #[arg(long, value_name = "-", value_parser = standard_input)]
    passphrase: Option<StandardInput>,
    /// Store the tokens of client credentials too, for all programs of this machine [variable: BL_SHARE]
    #[arg(long)]
    share: bool,
    /// What a renewal does to refresh tokens: none, grace:SECONDS, strict [default: the platform's]
    #[arg(long, value_name = "ROTATION")]
    rotation: Option<String>,
    /// How long to wait at most, in seconds [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    timeout: Option<Duration>,
    /// A PEM file of certificate authorities, trusted beside the system's [variable: SSL_CERT_FILE]
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The proxy's URL, or none [variable: HTTPS_PROXY]
    #[arg(long, value_name = "URL", value_parser = proxy)]
    proxy: Option<String>,
    /// The program's name/version, put before ours
    #[arg(long, value_name = "TEXT")]
    user_agent: Option<String>,
    /// Say on standard error which credential is used, and why
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
}

impl Settings {
    /// The credential that stands for a login in a browser, and for whatever is stored in its place.
    pub(crate) fn device_login(&self) -> DeviceLogin {
        self.client_id.iter().fold(DeviceLogin::new(), DeviceLogin::client_id)
    }

    /// Whether a client is named, so that no other credential is meant.
    pub(crate) fn names_client(&self) -> bool {
        self.client_id.is_some()
    }

    /// The workspace, if --workspace names one.
    pub(crate) fn workspace(&self) -> Option<&str> {
        self.workspace.as_deref()
    }

    /// The configuration that the flags make, explained beside the output if they say so; `workspace` is the positional argument of
    /// commands that have one.
    ///
    /// # Errors
    /// `InvalidArgument` if both name a workspace, and not the same.
    pub(crate) fn config(self, workspace: Option<String>) -> Result<Config> {
        let login = self.names_client().then(|| self.device_login());
        let workspace = one_workspace(workspace, self.workspace)?;
        let platform =
            self.platform.as_deref().map(Platform::from).or_else(|| self.issuer.map(Platform::custom));
        let config = Config::new();
        let config = set(config, login, Config::credential);
        let config = set(config, workspace, Config::workspace);
        let config = set(config, platform, Config::platform);
        let config = set(config, self.api_url, Config::api_url);
        let config = self.allow_origin.into_iter().fold(config, Config::allow_origin);
        let config = set(config, self.header, Config::header);
        let config = set(config, self.store, Config::store);
        let config = set(config, self.share.then_some(true), Config::share);
        let config = set(config, self.rotation, Config::rotation);
        let config = set(config, self.timeout, Config::timeout);
        let config = set(config, self.ca_file, Config::ca_file);
        let config = set(config, self.proxy, Config::proxy);
        let config = set(config, self.user_agent, Config::user_agent);
        let config = with_passphrase(config, self.passphrase.is_some())?;
        if self.verbose {
            output::note(&config.explain().to_string());
        }
        Ok(config)
    }
}

/// The configuration with the passphrase of its store, read where that is said or somebody is there to be asked.
fn with_passphrase(config: Config, is_given: bool) -> Result<Config> {
    if is_given || (config.needs_passphrase()? && terminal::is_there()) {
        let passphrase = interruptible(|wanted| read("Passphrase of the store: ", "passphrase", wanted))?;
        return Ok(config.passphrase(passphrase));
    }
    Ok(config)
}

fn set<T>(config: Config, value: Option<T>, setter: impl FnOnce(Config, T) -> Config) -> Config {
    match value {
        Some(value) => setter(config, value),
        None => config,
    }
}

fn one_workspace(argument: Option<String>, flag: Option<String>) -> Result<Option<String>> {
    match (argument, flag) {
        (Some(argument), Some(flag)) if argument != flag => {
            let message = "the argument and --workspace name two workspaces; give one of them";
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
        (argument, flag) => Ok(argument.or(flag)),
    }
}

/// Seconds, fractions allowed. The text is not repeated.
pub(crate) fn seconds(text: &str) -> std::result::Result<Duration, &'static str> {
    let number: f64 =
        text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or("not a number of seconds")?;
    Duration::try_from_secs_f64(number.min(LONGEST)).map_err(|_| "a time is not negative")
}

/// The URI of a store, but none with a password, which every process of the machine could read.
fn store(text: &str) -> std::result::Result<String, &'static str> {
    if text.starts_with("redis") && text.contains('@') {
        return Err("a password of Redis does not belong in an argument; set BL_STORE");
    }
    Ok(text.to_owned())
}

/// A proxy's URL, but none with a password, which every process of the machine could read.
fn proxy(text: &str) -> std::result::Result<String, &'static str> {
    if text.contains('@') {
        return Err("a proxy's password does not belong in an argument; set HTTPS_PROXY");
    }
    Ok(text.to_owned())
}
