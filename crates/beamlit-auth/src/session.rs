//! The session: a credential, a platform and a cache, behind the few calls that programs make.

use std::fmt;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::cache::Snapshot;
use crate::chain::Chain;
use crate::config::{Config, Environment, LONGEST_TIMEOUT, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::explain::Explanation;
use crate::flight::{Connect, Flight, Wish};
use crate::headers::{Headers, Style};
use crate::http::{Door, Http};
use crate::origin::{Origin, origin_of_request};
use crate::renewal::Renewal;
use crate::sys::{System, Unix};
use crate::token::Token;

/// A credential that is kept alive, and the headers it gives.
///
/// Cheap to clone; clones share one cache and one renewal. Every method may be called from any thread at once.
/// Dropping the last clone forgets the tokens and closes the connections.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    flight: Arc<Flight>,
    chain: Chain,
    /// Each origin that headers may be given for, as a URL of it begins.
    prefixes: Vec<String>,
}

impl Session {
    /// Opens a session: settles the configuration with the process environment and finds the credential. Local, and
    /// quick: no network, no prompt, no subprocess.
    ///
    /// # Errors
    /// `InvalidConfig` or `InvalidArgument` for a setting that cannot be used, by its name;
    /// `LoginRequired{no_credential}` if there is no credential.
    pub fn open(config: impl Into<Config>) -> Result<Self> {
        let connect = |settings: &Settings, system| -> Result<Box<dyn Http>> {
            Ok(Box::new(Door::new(settings.door.clone(), system)?))
        };
        Self::open_on(Arc::new(Unix), Box::new(connect), &config.into(), &Environment::read()?)
    }

    /// Opens a session on any machine and any HTTP.
    fn open_on(
        system: Arc<dyn System>,
        connect: Connect,
        config: &Config,
        environment: &Environment,
    ) -> Result<Self> {
        let settings = config.settle(environment)?;
        let chain = Chain::find(config, environment);
        let credential = chain.credential()?.clone();
        let style = Style::settle(settings.header.as_deref(), &settings.platform, credential.is_key())?;
        let prefixes = settings.origins.iter().map(ToString::to_string).collect();
        let renewal = Renewal { settings, credential, style };
        let fixed = renewal.credential.is_fixed();
        let flight = Arc::new(Flight::new(renewal, system, connect)?);
        if fixed {
            flight.settle()?;
        }
        Ok(Self(Arc::new(Inner { flight, chain, prefixes })))
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
        Call {
            session: self,
            timeout: self.settings().timeout,
            min_valid: Duration::ZERO,
            method: "GET",
            still_wanted: None,
        }
    }

    /// Discards the token of `generation`, because a server answered 401 to it; no other one. Whether asking again
    /// gives another token: false for an API key, and for a token that itself came of a 401 less than 60 s ago.
    pub fn invalidate(&self, generation: u64) -> bool {
        self.0.flight.invalidate(generation)
    }

    /// Ends whatever waits on this session now with `Cancelled`. A renewal under way goes on, and later calls are
    /// unaffected.
    pub fn cancel(&self) {
        self.0.flight.cancel();
    }

    /// Which credential is used and why. Local, asks nobody.
    pub fn explain(&self) -> Explanation {
        let token = self.0.flight.cache.current().map(|snapshot| snapshot.token.clone());
        Explanation::new(self.settings(), &self.0.chain, token.as_ref())
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
        &self.0.flight.renewal.settings
    }

    /// Whether `url` is, by its first bytes, of an origin that headers may be given for. `false` means: look closer.
    fn is_known(&self, url: &str) -> bool {
        self.0.prefixes.iter().any(|prefix| {
            url.strip_prefix(prefix.as_str())
                .is_some_and(|rest| matches!(rest.as_bytes().first(), None | Some(b'/' | b'?' | b'#')))
        })
    }

    /// The origin of `url`, if headers may be given for it.
    fn check(&self, url: &str) -> Result<Origin> {
        let origin = origin_of_request(url)?;
        if self.settings().origins.contains(&origin) {
            return Ok(origin);
        }
        let message = format!(
            "{origin} is no origin of this session; allow it if the credential was issued for it (allow_origin)"
        );
        Err(Error::new(ErrorKind::OriginRefused, message))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workspace = self.workspace().unwrap_or("-");
        write!(
            f,
            "Session({}, workspace {workspace}, {})",
            self.platform(),
            self.0.flight.renewal.credential.kind()
        )
    }
}

/// Options of one call on a [`Session`].
///
/// # Blocking
/// Every call waits at most its time limit: the one set here, else the configuration's (30 s). Zero does not wait.
/// The limit ends the caller's wait, never the renewal under way.
pub struct Call<'a> {
    session: &'a Session,
    timeout: Duration,
    min_valid: Duration,
    method: &'a str,
    still_wanted: Option<&'a dyn Fn() -> bool>,
}

impl<'a> Call<'a> {
    /// How long to wait at most; at most 24 h.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(LONGEST_TIMEOUT);
        self
    }

    /// How long the token must still be good for. Cut to what a new token has, less its mandatory window.
    #[must_use]
    pub fn min_valid(mut self, min_valid: Duration) -> Self {
        self.min_valid = min_valid;
        self
    }

    /// The request's method. Default GET.
    #[must_use]
    pub fn method(mut self, method: &'a str) -> Self {
        self.method = method;
        self
    }

    /// Asked every 50 ms while this call waits, on the calling thread and under no lock; `false` ends the wait with
    /// `Cancelled`. For callers that have signals or widgets to look after.
    #[must_use]
    pub fn while_waiting(mut self, still_wanted: &'a dyn Fn() -> bool) -> Self {
        self.still_wanted = Some(still_wanted);
        self
    }

    /// The headers for a request to `url`.
    ///
    /// # Errors
    /// `InvalidArgument` for what is no URL, `OriginRefused` for one that the credential was not issued for; else
    /// what the renewal failed with, once no valid token is left, and `DeadlineExceeded` when the time limit passed.
    pub fn headers(self, url: &str) -> Result<Headers> {
        match self.headers_since(url, 0)? {
            Some(headers) => Ok(headers),
            None => Err(Error::new(ErrorKind::InternalError, "no generation is 0, yet one was found")),
        }
    }

    /// The headers for a request to `url`, or `None` if they are still those of `generation`. Generation 0 is held
    /// by nobody.
    pub fn headers_since(self, url: &str, generation: u64) -> Result<Option<Headers>> {
        self.with_headers(url, generation, Headers::clone)
    }

    /// Lends the headers for a request to `url` to `read`, without counting a reference, which is what callers on
    /// many threads would otherwise wait for; `None` if they are still those of `generation`.
    pub fn with_headers<R>(
        self,
        url: &str,
        generation: u64,
        read: impl FnOnce(&Headers) -> R,
    ) -> Result<Option<R>> {
        let mut read = Some(read);
        let hot = self.poll_headers(url, generation, |headers| read.take().map(|read| read(headers)))?;
        if let Poll::Ready(lent) = hot {
            return Ok(lent.flatten());
        }
        let origin = self.session.check(url)?;
        let snapshot = self.snapshot(false)?;
        check_mark(&snapshot, &origin)?;
        Ok(read.filter(|_| snapshot.generation() != generation).map(|read| read(&snapshot.headers)))
    }

    /// Lends the headers as [`Call::with_headers`] does, if they are at hand. `Pending`: getting them may wait, or is
    /// refused; a caller who must let go of a lock of its own before it waits does so and calls `with_headers`.
    ///
    /// # Errors
    /// `InvalidArgument` for what is no method.
    pub fn poll_headers<R>(
        &self,
        url: &str,
        generation: u64,
        read: impl FnOnce(&Headers) -> R,
    ) -> Result<Poll<Option<R>>> {
        check_method(self.method)?;
        let flight = &self.session.0.flight;
        if !self.session.is_known(url) {
            return Ok(Poll::Pending);
        }
        match flight.cache.servable(&*flight.system) {
            None => Ok(Poll::Pending),
            Some(servable) if servable == generation => Ok(Poll::Ready(None)),
            Some(_) => match flight.cache.lend(|snapshot| read(&snapshot.headers)) {
                Some(lent) => Ok(Poll::Ready(Some(lent))),
                None => Err(Error::new(
                    ErrorKind::InternalError,
                    "a servable cache was empty, which is a bug of beamlit-auth",
                )),
            },
        }
    }

    /// The access token, or the API key.
    ///
    /// # Errors
    /// What the renewal failed with, once no valid token is left, and `DeadlineExceeded` when the time limit passed.
    pub fn token(self) -> Result<Token> {
        Ok(self.snapshot(false)?.token.clone())
    }

    /// Renews the token if that is due, never by force, and waits for it.
    ///
    /// # Errors
    /// What the renewal failed with, even though a valid token may be left.
    pub fn renew(self) -> Result<()> {
        self.snapshot(true).map(drop)
    }

    fn snapshot(&self, renew: bool) -> Result<Arc<Snapshot>> {
        let flight = &self.session.0.flight;
        let deadline = flight.system.monotonic() + self.timeout;
        flight.get(&Wish { min_valid: self.min_valid, deadline, renew, still_wanted: self.still_wanted })
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({:?}, timeout {:?})", self.session, self.timeout)
    }
}

/// RFC 9110 §9.1: a method is a token.
fn check_method(method: &str) -> Result<()> {
    if matches!(method, "GET" | "POST") || http::Method::from_bytes(method.as_bytes()).is_ok() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidArgument, "method is no HTTP method (RFC 9110 §9.1)"))
}

/// A token that an emulator issued is good on this machine alone.
fn check_mark(snapshot: &Snapshot, origin: &Origin) -> Result<()> {
    if !snapshot.marked || origin.is_loopback() {
        return Ok(());
    }
    let message = format!(
        "this credential was issued by a local emulator and is not sent to {origin}; set BL_API_URL to the emulator's"
    );
    Err(Error::new(ErrorKind::OriginRefused, message))
}

#[cfg(test)]
mod tests;
