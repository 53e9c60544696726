//! The session: a credential, a platform and a cache, behind the few calls that programs make.

mod call;
mod check;
mod ground;
mod logout;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use crate::chain::{Chain, Picked};
use crate::config::{Config, Environment, Settings};
use crate::credential::{Credential, RefreshToken};
use crate::error::{Error, ErrorKind, Result};
use crate::explain::Explanation;
use crate::flight::{Connect, Flight, Flights, Tending};
use crate::headers::{Headers, Style};
use crate::origin::{Origin, origin_of_request};
use crate::record::{BROUGHT, Record, State};
use crate::renewal::{Ledger, Renewal, Source, Stored, shared_key, stored_credential};
use crate::store::Place;
use crate::store::mirror::Held;
use crate::sys::System;
use crate::token::Token;

pub use call::Call;
pub(crate) use ground::Ground;
#[cfg(test)]
pub(crate) use ground::real_connect;
pub use logout::Logout;

/// A credential that is kept alive, and the headers it gives.
///
/// Cheap to clone. Clones share one cache and one renewal, and so do the sessions of one stored login in a process, if
/// their settings are the same but for the time limit and the background refresh. Every method may be called from any
/// thread at once. Dropping the last one forgets the tokens and closes the connections.
///
/// What lies in the store, or in the platform's own file, may change while a session is open: a renewal looks again, and
/// goes on with what was logged in to meanwhile, or fails after a logout. A session of an API key renews nothing, and
/// keeps its key until it is opened anew.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    flight: Arc<Flight>,
    settings: Settings,
    chain: Chain,
    /// Each origin that headers may be given for, as a URL of it begins.
    prefixes: Vec<String>,
    /// How often the waits on this session were cancelled; those of another one that shares the flight were not.
    cancellations: AtomicU64,
    /// If the token is to be looked after by the timer.
    tending: Option<Tending>,
}

impl Session {
    /// Opens a session: settles the configuration with the process environment and finds the credential. Local, and
    /// quick: no network, no prompt, no subprocess.
    ///
    /// # Errors
    /// `InvalidConfig` or `InvalidArgument` for a setting that cannot be used, by its name;
    /// `LoginRequired{no_credential}` if there is no credential.
    pub fn open(config: impl Into<Config>) -> Result<Self> {
        let Ground { system, connect, flights, environment } = Ground::real();
        Self::open_on(system, connect(), flights, &config.into(), &environment()?)
    }

    /// Opens a session on any machine and any HTTP.
    pub(crate) fn open_on(
        system: Arc<dyn System>,
        connect: Connect,
        flights: &'static Flights,
        config: &Config,
        environment: &Environment,
    ) -> Result<Self> {
        let mut settings = config.settle(environment)?;
        let chain = Chain::find(config, environment, &settings, &system);
        let picked = chain.picked()?;
        Style::settle(settings.header.as_deref(), &settings.platform, picked.is_key())?;
        let (mut record, mut mirror, mut stored, mut sought) = (None, None, None, false);
        let source = match picked {
            Picked::Own(Credential::RefreshToken(token)) => {
                Source::Login(Box::new(brought(token, &settings, &system)?))
            }
            Picked::Own(credential) => Source::Own(credential.clone()),
            Picked::Stored(login) => {
                settings.workspace = settings.workspace.or_else(|| login.record.workspace.clone());
                (record, mirror) = (Some(login.record.clone()), login.mirror.clone());
                sought = matches!(login.untried, Some(Held::Login { .. }));
                let ledger = Ledger::new(Arc::clone(&login.store), login.key.clone(), Arc::clone(&system));
                match stored_credential(&login.record)? {
                    Some(credential) => {
                        stored = Some(Box::new(Stored { ledger, id: login.found.clone() }));
                        Source::Own(credential)
                    }
                    None => Source::Login(Box::new(ledger)),
                }
            }
        };
        let prefixes = settings.origins.iter().map(ToString::to_string).collect();
        let shared = shared(&source, &settings, &system);
        let renewal = Renewal { settings: settings.clone(), source, stored, mirror, shared };
        let fixed = renewal.is_fixed();
        let flight = match record {
            Some(record) if !fixed => flights.join(renewal, &record, system, connect)?,
            _ => Arc::new(Flight::new(renewal, system, connect)?),
        };
        if fixed {
            flight.settle()?;
        }
        if sought {
            flight.seek()?;
        }
        let tending = (settings.background_refresh && !fixed)
            .then(|| Tending::begin(Arc::clone(&flight), &flights.timer));
        let cancellations = AtomicU64::new(0);
        Ok(Self(Arc::new(Inner { flight, settings, chain, prefixes, cancellations, tending })))
    }

    /// The headers for a request to `url`. The same call as [`Call::headers`] with the configuration's time limit.
    pub fn headers(&self, url: &str) -> Result<Headers> {
        self.call().headers(url)
    }

    /// The headers for a request to `url`, or `None` if they are still those of `generation`.
    ///
    /// # Errors
    /// As [`Call::headers`]. The URL is checked first in any case.
    pub fn headers_since(&self, url: &str, generation: u64) -> Result<Option<Headers>> {
        self.call().headers_since(url, generation)
    }

    /// The access token, or the API key. The same call as [`Call::token`] with the configuration's time limit.
    pub fn token(&self) -> Result<Token> {
        self.call().token()
    }

    /// Renews the token if that is due, never by force. The same call as [`Call::renew`].
    pub fn renew(&self) -> Result<()> {
        self.call().renew()
    }

    /// Options for one call, then the call.
    pub fn call(&self) -> Call<'_> {
        Call::new(self, self.settings().timeout)
    }

    /// Discards the token of `generation`, because a server answered 401 to it; no other one. Whether asking again
    /// gives another token: false for an API key, and for a token that itself came of a 401 less than 60 s ago.
    pub fn invalidate(&self, generation: u64) -> bool {
        self.0.flight.invalidate(generation)
    }

    /// Ends whatever waits on this session, or on a clone of it, now with `Cancelled`. A renewal under way goes on, and
    /// later calls are unaffected.
    pub fn cancel(&self) {
        self.0.flight.cancel(&self.0.cancellations);
    }

    /// Which credential is used and why. Local, asks nobody.
    pub fn explain(&self) -> Explanation {
        let token = self.0.flight.cache.current().map(|snapshot| snapshot.token.clone());
        Explanation::new(self.settings(), &self.0.chain, token.as_ref(), &self.0.flight.system)
    }

    /// The kind of the credential by its name in C and JSON, for example `device_code`. Asks nobody, nor the store.
    pub fn credential(&self) -> &str {
        self.0.chain.picked.as_ref().map_or("", Picked::kind)
    }

    /// When the token that is there expires, or has expired, by the wall clock; `None` if there is none yet, and for an
    /// API key, which does not. Asks nobody, nor the store.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.0.flight.cache.lend(|snapshot| snapshot.token.expires_at()).flatten()
    }

    /// The workspace, if one is set.
    pub fn workspace(&self) -> Option<&str> {
        self.settings().workspace.as_deref()
    }

    /// The platform's name: `beamlit`, `blaxel`, or the issuer URL.
    pub fn platform(&self) -> &str {
        self.settings().platform.name()
    }

    /// The API's base URL without a trailing slash; empty for a custom issuer whose API nobody named.
    pub fn api_url(&self) -> &str {
        self.settings().api_url.as_ref().map_or("", |url| url.as_str().trim_end_matches('/'))
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Whether `url` is, by its first bytes, of an origin that headers may be given for. `false` means: look closer.
    fn is_known(&self, url: &str) -> bool {
        self.0.prefixes.iter().any(|prefix| {
            url.strip_prefix(prefix.as_str())
                .is_some_and(|rest| matches!(rest.as_bytes().first(), None | Some(b'/' | b'?' | b'#')))
        })
    }

    /// The origin of `url`, if headers may be given for it.
    fn check_origin(&self, url: &str) -> Result<Origin> {
        let origin = origin_of_request(url)?;
        if self.settings().origins.contains(&origin) {
            return Ok(origin);
        }
        let message = format!(
            "{origin} is no origin of this session; allow it if the credential was issued for it (allow_origin; origins in Python)"
        );
        Err(Error::new(ErrorKind::OriginRefused, message))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workspace = self.workspace().unwrap_or("-");
        write!(f, "Session({}, workspace {workspace}, {})", self.platform(), self.credential())
    }
}

/// Where the tokens of the credential are shared, if they are; where there is no store, each program goes on by itself.
fn shared(source: &Source, settings: &Settings, system: &Arc<dyn System>) -> Option<Box<Ledger>> {
    let Source::Own(Credential::ClientCredentials(client)) = source else { return None };
    let store = settings.store.open(system).ok().filter(|_| settings.share)?;
    Some(Box::new(Ledger::new(store, shared_key(settings, client), Arc::clone(system))))
}

/// The record of a refresh token that the caller brought: in memory, for this session alone.
fn brought(token: &RefreshToken, settings: &Settings, system: &Arc<dyn System>) -> Result<Ledger> {
    let store = Place::Memory.open(system)?;
    let ledger = Ledger::new(store, settings.base(), Arc::clone(system));
    let client_id = token.client_id.as_deref().or_else(|| settings.platform.client_id());
    ledger.overwrite(&|_: &Record| {
        let mut record = Record::empty();
        record.state = State::Live;
        BROUGHT.clone_into(&mut record.kind);
        record.client_id = client_id.map(str::to_owned);
        record.refresh_token = Some(Arc::clone(&token.refresh_token));
        record.scope = token.scope.clone().unwrap_or_default();
        record.rotation = settings.rotation.unwrap_or_else(|| settings.platform.rotation());
        record
    })?;
    Ok(ledger)
}

#[cfg(test)]
pub(crate) mod tests;
