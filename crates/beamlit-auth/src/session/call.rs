//! One call on a session, with its options.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use crate::cache::Snapshot;
use crate::config::LONGEST_TIMEOUT;
use crate::error::{Error, ErrorKind, Result};
use crate::flight::Wish;
use crate::headers::Headers;
use crate::origin::Origin;
use crate::session::Session;
use crate::sys::apart;
use crate::token::Token;

/// Options of one call on a [`Session`].
///
/// # Blocking
/// Every call waits at most its time limit: the one set here, else the configuration's (30 s). Zero does not wait.
/// The limit ends the caller's wait, never the renewal or the logout under way.
pub struct Call<'a> {
    pub(super) session: &'a Session,
    timeout: Duration,
    min_valid: Duration,
    method: &'a str,
    at_once: bool,
    still_wanted: Option<&'a dyn Fn() -> bool>,
}

impl<'a> Call<'a> {
    pub(super) fn new(session: &'a Session, timeout: Duration) -> Self {
        Self {
            session,
            timeout,
            min_valid: Duration::ZERO,
            method: "GET",
            at_once: false,
            still_wanted: None,
        }
    }

    /// How long to wait at most; at most 24 h.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(LONGEST_TIMEOUT);
        self
    }

    /// How long this call waits at most.
    pub fn time_limit(&self) -> Duration {
        self.timeout
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

    /// Takes what can be had at once, else fails with `DeadlineExceeded`. Unlike a time limit of zero it begins no
    /// renewal, and is given no token that a caller who waits would not be given at once: for callers that must not
    /// block, and have another way to wait.
    #[must_use]
    pub fn at_once(mut self) -> Self {
        self.at_once = true;
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
    /// # Redirects
    /// An HTTP library must not follow by itself (`max_redirects(0)` in ureq): to another host it leaves out
    /// `Authorization` at best, and sends every other header along. Ask for the URL of each hop; where that is
    /// `OriginRefused`, go on without headers, and do not ask again on the way back. `examples/rust/redirects.rs` does so.
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
        let origin = self.session.check_origin(url)?;
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
        if let Some(tending) = &self.session.0.tending {
            tending.go_on();
        }
        self.session.0.flight.get(&Wish {
            min_valid: self.min_valid,
            deadline: self.deadline(),
            renew,
            at_once: self.at_once,
            still_wanted: self.still_wanted,
            cancellations: &self.session.0.cancellations,
            cancelled: self.session.0.cancellations.load(Ordering::SeqCst),
        })
    }

    /// Runs `work` to its end, and waits for that as long as this call says.
    pub(super) fn apart<R: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&Session) -> Result<R> + Send + Sync + 'static,
    ) -> Result<R> {
        let (session, flight) = (self.session.clone(), &self.session.0.flight);
        let cancellations = || self.session.0.cancellations.load(Ordering::SeqCst);
        let before = cancellations();
        let still_wanted = || self.still_wanted.is_none_or(|ask| ask()) && cancellations() == before;
        apart(&*flight.system, name, self.deadline(), &still_wanted, move || work(&session))
    }

    /// When the caller stops waiting, on [`crate::sys::System::monotonic`].
    pub(super) fn deadline(&self) -> Duration {
        self.session.0.flight.system.monotonic() + self.timeout
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
