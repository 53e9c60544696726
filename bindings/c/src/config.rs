//! Configurations: what a session is opened with.

use std::ffi::c_char;
use std::mem::{MaybeUninit, replace};

use beamlit_core::{Platform, Result};

use crate::boundary::{Closed, Lost, guard, guard_call, needed, text};
use crate::credential::Credential;
use crate::error::Error;
use crate::explanation::Explanation;
use crate::session::timeout;
use crate::status::{BEAMLIT_OK, Status};
use crate::store::Store;

/// Everything that a session is opened with, or a login started. What is left unset comes from the process environment,
/// then from the default.
///
/// Setters answer nothing. The first bad value stays with the config and is the error of each `beamlit_session_open`,
/// `beamlit_login_start` and `beamlit_config_explain` with it; the error names the setting. What a setter is given is
/// copied.
pub struct Config {
    core: Result<beamlit_core::Config>,
    closed: Closed,
}

impl Config {
    /// The core's configuration; the default one for NULL.
    ///
    /// # Errors
    /// The first bad value.
    pub(crate) fn core(config: Option<&Self>) -> Result<beamlit_core::Config> {
        config.map_or_else(|| Ok(beamlit_core::Config::new()), |config| config.core.clone())
    }

    pub(crate) fn closed(&self) -> &Closed {
        &self.closed
    }

    fn set(&mut self, set: impl FnOnce(beamlit_core::Config) -> Result<beamlit_core::Config>) {
        // Should this panic, the config stays closed.
        let before = replace(&mut self.core, Err(Lost::Closed.into()));
        self.core = before.and_then(set);
    }
}

/// Sets a setting that is a text.
fn set_text(
    config: Option<&mut Config>,
    value: *const c_char,
    setting: &str,
    set: impl FnOnce(beamlit_core::Config, String) -> beamlit_core::Config,
) {
    if let Some(config) = config {
        config.set(|core| Ok(set(core, text(&value, setting)?.to_owned())));
    }
}

/// Makes a config in which nothing is set. Never NULL; free it with `beamlit_config_free`.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_new() -> Option<Box<Config>> {
    guard(None, || {
        Some(Box::new(Config { core: Ok(beamlit_core::Config::new()), closed: Closed::default() }))
    })
}

/// Sets the workspace, by its name. Variable `BL_WORKSPACE`.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_workspace(config: Option<&mut Config>, workspace: *const c_char) {
    guard((), || set_text(config, workspace, "workspace", beamlit_core::Config::workspace));
}

/// Copies a credential into the config, with the fields that it has now. Variables `BL_API_KEY`, then
/// `BL_CLIENT_CREDENTIALS`; default the login that is stored.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_credential(
    config: Option<&mut Config>,
    credential: Option<&Credential>,
) {
    guard((), || {
        if let Some(config) = config {
            config.set(|core| Ok(core.credential(needed(credential, "credential")?.core()?)));
        }
    });
}

/// Sets the platform: `beamlit`, `blaxel`, or the URL of any other issuer (RFC 8414 §2). Variable `BL_PLATFORM`;
/// default `beamlit`.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_platform(config: Option<&mut Config>, name_or_issuer: *const c_char) {
    guard((), || {
        set_text(config, name_or_issuer, "platform", |core, name| {
            core.platform(Platform::from(name.as_str()))
        });
    });
}

/// Sets the API's base URL: https, or http on loopback. Variable `BL_API_URL`; default the platform's.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_api_url(config: Option<&mut Config>, url: *const c_char) {
    guard((), || set_text(config, url, "api_url", beamlit_core::Config::api_url));
}

/// Adds an origin that headers may be given for, such as `https://api.example.com`. Default: that of `api_url` alone
/// if it is set, else the platform's own; none for an issuer URL.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_allow_origin(config: Option<&mut Config>, origin: *const c_char) {
    guard((), || set_text(config, origin, "allow_origin", beamlit_core::Config::allow_origin));
}

/// Sets the name of the header that carries the credential. `…Authorization` carries it as `Bearer`, `…Api-Key` as it
/// is; under other names tokens travel as `Bearer` and keys as they are. Default `Authorization`, and the platform's
/// `X-…-Api-Key` for keys.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_header(config: Option<&mut Config>, name: *const c_char) {
    guard((), || set_text(config, name, "header", beamlit_core::Config::header));
}

/// Copies a store into the config: where logins live. Variable `BL_STORE`, which takes its URI; default `file`.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_store(config: Option<&mut Config>, store: Option<&Store>) {
    guard((), || {
        if let Some(config) = config {
            config.set(|core| Ok(core.store(needed(store, "store")?.core()?)));
        }
    });
}

/// Sets what an `encrypted-file` store is sealed with. Variable `BL_STORE_PASSPHRASE`.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_passphrase(config: Option<&mut Config>, passphrase: *const c_char) {
    guard((), || set_text(config, passphrase, "passphrase", beamlit_core::Config::passphrase));
}

/// Sets what the server does to a refresh token at a renewal: `none` (it stays good), `grace:SECONDS` (it stays good for
/// so long) or `strict` (it is spent). Default what the platform does, and `strict` for an issuer URL.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_rotation(config: Option<&mut Config>, rotation: *const c_char) {
    guard((), || set_text(config, rotation, "rotation", beamlit_core::Config::rotation));
}

/// Sets whether the tokens of client credentials go to the store too, so that the programs of this machine, or of a fleet
/// with one Redis server, make one request at each expiry together; never the secret. Where the store cannot be used, each
/// goes on by itself. Variable `BL_SHARE`;
/// default no, but yes with Redis.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_share(config: Option<&mut Config>, on: bool) {
    guard((), || {
        if let Some(config) = config {
            config.set(|core| Ok(core.share(on)));
        }
    });
}

/// Sets whether the token is renewed when it is due even if nobody asks for it then, so that no call waits for a server as
/// long as a valid token is there. One thread of the library serves all sessions that want this: it begins with the first
/// and ends with the last, and at `beamlit_shutdown`, and has the signal mask of the thread whose call begins it: block what
/// your program waits for by `sigwait` before that. An API key renews nothing. Default no.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_background_refresh(config: Option<&mut Config>, on: bool) {
    guard((), || {
        if let Some(config) = config {
            config.set(|core| Ok(core.background_refresh(on)));
        }
    });
}

/// Sets what a call that passes `BEAMLIT_TIMEOUT_DEFAULT` waits at most, in milliseconds: 0 does not wait, more than
/// 24 hours is 24 hours. Default 30 seconds. `BEAMLIT_TIMEOUT_DEFAULT` changes nothing here; other negative numbers are
/// refused.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_timeout_ms(config: Option<&mut Config>, timeout_ms: i64) {
    guard((), || {
        if let Some(config) = config {
            config.set(|core| {
                Ok(match timeout(timeout_ms)? {
                    Some(timeout) => core.timeout(timeout),
                    None => core,
                })
            });
        }
    });
}

/// Sets a PEM file of certificate authorities, trusted beside the system's. Variable `SSL_CERT_FILE`, which stands in
/// the place of the system's.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_ca_file(config: Option<&mut Config>, path: *const c_char) {
    guard((), || set_text(config, path, "ca_file", beamlit_core::Config::ca_file));
}

/// Sets the proxy for https requests: a URL, or `none`. Variables `HTTPS_PROXY` and `NO_PROXY`. Never used for
/// loopback.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_proxy(config: Option<&mut Config>, url_or_none: *const c_char) {
    guard((), || set_text(config, url_or_none, "proxy", beamlit_core::Config::proxy));
}

/// Sets the program's `name/version`, put before the library's own in `User-Agent`.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_set_user_agent(
    config: Option<&mut Config>,
    name_and_version: *const c_char,
) {
    guard((), || set_text(config, name_and_version, "user_agent", beamlit_core::Config::user_agent));
}

/// Explains which credential this config would use and why; NULL is the config in which nothing is set. Local: asks
/// nobody, opens nothing.
///
/// Fails with the first bad value of the config. That there is no credential to use is no failure but an explanation.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_explain(
    config: Option<&Config>,
    explanation: Option<&mut MaybeUninit<Option<Box<Explanation>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> Status {
    guard_call(config.map(Config::closed), error, || {
        let explanation = needed(explanation, "explanation")?;
        let core = Config::core(config)?;
        explanation.write(Some(Box::new(Explanation::from(&core.explain()))));
        Ok(BEAMLIT_OK)
    })
}

/// Frees a config; the sessions that were opened with it stay. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_config_free(config: Option<Box<Config>>) {
    guard((), || drop(config));
}
