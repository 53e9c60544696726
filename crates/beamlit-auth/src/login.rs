//! A login: obtained from a person once, written to the store, and given back as a session.

mod choice;
mod keep;
mod verify;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::chain::places;
use crate::config::{Config, Environment, Settings};
use crate::credential::{Credential, DeviceLogin};
use crate::error::{Error, ErrorKind, Result};
use crate::flight::Connect;
use crate::flows::Io;
use crate::flows::device_code::{Asked, Codes, Poll, SLOW_DOWN, poll, start};
use crate::http::{Door, Http};
use crate::login::choice::Undecided;
use crate::renewal::CALL_LIMIT;
use crate::session::Session;
use crate::store::{self, Store};
use crate::sys::{Condvar, Guard, Mutex, Own, PerProcess, System, Unix};

/// Without it a server gives no refresh token.
const SCOPE: &str = "offline_access";
/// A waiting caller looks this often whether it is still wanted.
const SLICE: Duration = Duration::from_millis(50);
/// The longest pause between two polls of a server that cannot be reached.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A login under way: start it, show the code, wait or poll.
///
/// Cheap to clone; every method may be called from any thread. Nothing is stored before the person has approved.
#[derive(Clone)]
pub struct Login(Arc<Inner>);

struct Inner {
    config: Config,
    settings: Settings,
    credential: Credential,
    codes: Option<Codes>,
    /// When the code expires, on [`System::boot`] and since 1970.
    expires: (Duration, Duration),
    connect: fn() -> Connect,
    store: Arc<dyn Store>,
    system: Arc<dyn System>,
    desk: PerProcess<Desk>,
}

/// Where the callers of one process meet. A forked child goes on with the login by itself.
struct Desk {
    io: Io,
    state: Mutex<Progress>,
    moved: Condvar,
}

struct Progress {
    /// Whether a poll is under way.
    polling: bool,
    next: Duration,
    interval: Duration,
    /// How the login ended.
    outcome: Option<Result<Session>>,
    /// What it gave, if somebody has yet to choose a workspace.
    undecided: Option<Undecided>,
}

impl Login {
    /// Starts a login with what `config` says: a [`DeviceLogin`] unless it has another credential. An API key or
    /// client credentials are verified and stored at once. Key variables of the environment are ignored.
    ///
    /// # Blocking
    /// One request, or a few with another issuer: the configuration's time limit at most.
    ///
    /// # Errors
    /// What a setting, the server or the store is wrong with, by kind.
    pub fn start(config: impl Into<Config>) -> Result<Self> {
        Self::start_on(
            Arc::new(Unix),
            real_connect,
            config.into(),
            &Environment::read()?.without_credentials(),
        )
    }

    fn start_on(
        system: Arc<dyn System>,
        connect: fn() -> Connect,
        config: Config,
        environment: &Environment,
    ) -> Result<Self> {
        let settings = config.settle(environment)?;
        let credential = config.own_credential().cloned().unwrap_or_else(|| DeviceLogin::new().into());
        credential.check()?;
        let store = store::open(&settings.store, &system)?;
        let io = Io::new(connect()(&settings, Arc::clone(&system))?, Arc::clone(&system));
        let deadline = system.monotonic() + settings.timeout.min(CALL_LIMIT);
        let codes = match &credential {
            Credential::DeviceLogin(login) => {
                Some(start(&asked(login, &settings)?, &settings, &io, deadline)?)
            }
            _ => None,
        };
        let lasts = codes.as_ref().map_or(Duration::ZERO, |codes| codes.expires_in);
        let interval = codes.as_ref().map_or(Duration::ZERO, |codes| codes.interval);
        let expires = (system.boot() + lasts, system.wall() + lasts);
        let desk = PerProcess::new(&*system, Desk::new(io, interval));
        let inner = Inner { config, settings, credential, codes, expires, connect, store, system, desk };
        let login = Self(Arc::new(inner));
        if login.0.codes.is_none() {
            let desk = login.0.desk()?;
            let session = login.0.store_at_once(&desk.1.io, deadline)?;
            desk.1.state.lock().outcome = Some(Ok(session));
        }
        Ok(login)
    }

    /// The link to open: with the code in it where the server offers that. Empty if nothing is to be approved.
    pub fn url(&self) -> &str {
        let complete = self.codes().and_then(|codes| codes.verification_uri_complete.as_ref());
        complete.map_or(self.verification_uri(), |url| url.as_str())
    }

    /// The code that the person enters, or compares with the one in the browser (RFC 8628 §3.3).
    pub fn user_code(&self) -> &str {
        self.codes().map_or("", |codes| codes.user_code.as_str())
    }

    /// Where the code is entered.
    pub fn verification_uri(&self) -> &str {
        self.codes().map_or("", |codes| codes.verification_uri.as_str())
    }

    /// The link that has the code in it; empty if the server offers none.
    pub fn verification_uri_complete(&self) -> &str {
        self.codes().and_then(|codes| codes.verification_uri_complete.as_ref()).map_or("", |url| url.as_str())
    }

    /// The workspace that the login is for, if one is named.
    pub fn workspace(&self) -> Option<&str> {
        self.0.settings.workspace.as_deref()
    }

    /// The client that asks, as the page of the approval names it too; empty for a credential that names none.
    pub fn client_id(&self) -> &str {
        places::client_id(&self.0.settings, Some(&self.0.credential)).unwrap_or_default()
    }

    /// When the code expires.
    pub fn expires_at(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH.checked_add(self.0.expires.1).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// How long to wait between two polls; the server may lengthen it.
    pub fn interval(&self) -> Duration {
        let own = self.0.desk();
        own.map_or(Duration::ZERO, |desk| desk.1.state.lock().interval)
    }

    /// Asks the server if that is due, one request at most, and says whether the login is done. May be called at any
    /// rate: before the interval has passed it answers at once.
    ///
    /// # Blocking
    /// At most one request, 20 s.
    ///
    /// # Errors
    /// `AccessDenied` if the person refused, `LoginExpired` if the time is over, `Closed` after [`Login::cancel`];
    /// else what the server or the store is wrong with.
    pub fn poll(&self) -> Result<Option<Session>> {
        self.poll_timeout(CALL_LIMIT)
    }

    /// [`Login::poll`] that waits for the answer no longer than `timeout`; the request goes on.
    pub fn poll_timeout(&self, timeout: Duration) -> Result<Option<Session>> {
        self.poll_until(self.0.system.monotonic() + timeout, &|| true)
    }

    /// [`Login::poll`] that waits no longer than `still_wanted` says, which is asked every 50 ms on the calling thread.
    /// The request goes on.
    pub fn poll_while(&self, still_wanted: &dyn Fn() -> bool) -> Result<Option<Session>> {
        self.poll_until(self.0.system.monotonic() + CALL_LIMIT, still_wanted)
    }

    fn poll_until(&self, deadline: Duration, still_wanted: &dyn Fn() -> bool) -> Result<Option<Session>> {
        let desk = self.0.desk()?;
        let mut state = desk.1.state.lock();
        self.0.tick(&desk, &mut state);
        loop {
            let left = deadline.saturating_sub(self.0.system.monotonic());
            if state.outcome.is_some() || !state.polling || left.is_zero() {
                return state.outcome.clone().transpose();
            }
            desk.1.wait_a_slice(&mut state, left, still_wanted)?;
        }
    }

    /// Waits until the login is done or has failed; until the code expires at most.
    pub fn wait(&self) -> Result<Session> {
        loop {
            if let Some(session) = self.wait_timeout(Duration::from_secs(3600))? {
                return Ok(session);
            }
        }
    }

    /// Waits no longer than `timeout`; `None` if only the wait ran out.
    pub fn wait_timeout(&self, timeout: Duration) -> Result<Option<Session>> {
        self.wait_while(timeout, &|| true)
    }

    /// Waits no longer than `timeout`, and no longer than `still_wanted` says, which is asked every 50 ms on the
    /// calling thread. A poll under way goes on.
    pub fn wait_while(&self, timeout: Duration, still_wanted: &dyn Fn() -> bool) -> Result<Option<Session>> {
        let deadline = self.0.system.monotonic() + timeout;
        let desk = self.0.desk()?;
        let mut state = desk.1.state.lock();
        loop {
            self.0.tick(&desk, &mut state);
            let left = deadline.saturating_sub(self.0.system.monotonic());
            if state.outcome.is_some() || left.is_zero() {
                return state.outcome.clone().transpose();
            }
            desk.1.wait_a_slice(&mut state, left, still_wanted)?;
        }
    }

    /// Gives the login up. An approval that comes later is not stored.
    pub fn cancel(&self) {
        let Ok(desk) = self.0.desk() else { return };
        let cancelled = Error::new(ErrorKind::Closed, "the login was cancelled; start another one");
        let mut state = desk.1.state.lock();
        state.outcome.get_or_insert(Err(cancelled));
        state.undecided = None;
        drop(state);
        desk.1.moved.notify_all();
    }

    fn codes(&self) -> Option<&Codes> {
        self.0.codes.as_ref()
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({}, {})", self.0.settings.platform.name(), self.0.credential.kind())
    }
}

impl Inner {
    /// This process's part.
    fn desk(&self) -> Result<Own<Desk>> {
        self.desk.get(&*self.system, || {
            let http = (self.connect)()(&self.settings, Arc::clone(&self.system))?;
            let interval = self.codes.as_ref().map_or(Duration::ZERO, |codes| codes.interval);
            Ok(Desk::new(Io::new(http, Arc::clone(&self.system)), interval))
        })
    }

    /// Starts the next poll if it is due; ends the login if its time is over.
    fn tick(self: &Arc<Self>, desk: &Own<Desk>, state: &mut Guard<'_, Progress>) {
        if state.outcome.is_some() || state.polling {
            return;
        }
        if self.system.boot() >= self.expires.0 {
            let message = "the code was not approved in time; start the login again";
            state.outcome = Some(Err(Error::new(ErrorKind::LoginExpired, message)));
            return;
        }
        if self.system.monotonic() < state.next {
            return;
        }
        state.polling = true;
        let (inner, place) = (Arc::clone(self), Arc::clone(desk));
        if self.system.spawn("beamlit-login", Box::new(move || inner.ask(&place.1))).is_err() {
            Guard::unlocked(state, || self.ask(&desk.1));
        }
    }

    /// One poll, and what comes of it.
    fn ask(&self, desk: &Desk) {
        let since = self.system.wall();
        let polled = self.poll_once(&desk.io, self.system.monotonic() + CALL_LIMIT);
        let mut state = desk.state.lock();
        match polled {
            Ok(Poll::Pending) => {}
            Ok(Poll::SlowDown) => state.interval += SLOW_DOWN,
            // RFC 8628 §3.5: a server that cannot be reached is asked less often, within the code's time.
            Err(error) if is_passing(&error) => {
                state.interval = (state.interval * 2).clamp(SLOW_DOWN, LONGEST_PAUSE);
            }
            Err(error) => {
                state.outcome.get_or_insert(Err(error));
            }
            Ok(Poll::Done(tokens)) => {
                // A login that was cancelled meanwhile stores nothing.
                if state.outcome.is_none() {
                    state.outcome = Some(Guard::unlocked(&mut state, || self.finish(desk, tokens, since)));
                }
            }
        }
        state.next = self.system.monotonic() + state.interval;
        state.polling = false;
        desk.moved.notify_all();
    }

    fn poll_once(&self, io: &Io, deadline: Duration) -> Result<Poll> {
        let (Some(codes), Credential::DeviceLogin(login)) = (&self.codes, &self.credential) else {
            return Err(Error::new(
                ErrorKind::InternalError,
                "a login without codes was polled, which is a bug of beamlit-auth",
            ));
        };
        poll(&asked(login, &self.settings)?, &codes.device_code, &self.settings, io, deadline)
    }
}

impl Desk {
    fn new(io: Io, interval: Duration) -> Self {
        let next = io.system.monotonic() + interval;
        let state = Progress { polling: false, next, interval, outcome: None, undecided: None };
        Self { io, state: Mutex::new(state), moved: Condvar::default() }
    }

    /// Waits until something moves, `left` and 50 ms at most; fails if that is not wanted any more.
    fn wait_a_slice(
        &self,
        state: &mut Guard<'_, Progress>,
        left: Duration,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<()> {
        self.moved.wait_for(state, left.min(SLICE));
        if Guard::unlocked(state, still_wanted) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Cancelled, "the wait for the login was cancelled"))
    }
}

/// Who asks, and for what.
fn asked<'a>(login: &'a DeviceLogin, settings: &'a Settings) -> Result<Asked<'a>> {
    let client_id =
        login.client_id.as_deref().or_else(|| settings.platform.client_id()).ok_or_else(|| {
            Error::new(ErrorKind::InvalidConfig, "a login at an issuer names its client; set client_id")
        })?;
    Ok(Asked {
        client_id,
        scope: login.scope.as_deref().unwrap_or(SCOPE),
        workspace: settings.workspace.as_deref(),
    })
}

/// Whether the next poll may go better.
fn is_passing(error: &Error) -> bool {
    error.kind().is_retryable() && error.kind() != ErrorKind::StoreBusy
}

/// The real HTTP door.
pub(crate) fn real_connect() -> Connect {
    Box::new(|settings: &Settings, system| -> Result<Box<dyn Http>> {
        Ok(Box::new(Door::new(settings.door.clone(), system)?))
    })
}
