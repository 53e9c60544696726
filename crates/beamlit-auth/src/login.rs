//! A login: obtained from a person once, written to the store, and given back as a session.

mod choice;
mod desk;
mod fate;
mod keep;
mod poll;
mod verify;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::chain::{fit, places};
use crate::config::{Config, LONGEST_TIMEOUT, Settings};
use crate::credential::{Credential, DeviceLogin};
use crate::error::{Error, ErrorKind, Result};
use crate::flows::Io;
use crate::flows::device_code::{Asked, Codes, start};
use crate::login::desk::{Desk, cancelled_before};
use crate::login::fate::Fate;
use crate::renewal::CALL_LIMIT;
use crate::session::{Ground, Session};
use crate::store::Shelf;
use crate::sys::{OnceCell, Own, PerProcess, System, apart};

/// A login under way: start it, show the code, wait or poll.
///
/// Cheap to clone; every method may be called from any thread. Nothing is stored before the person has approved, and
/// nothing any more once the last clone is gone.
#[derive(Clone)]
pub struct Login(Arc<Handle>);

/// What the clones share. A poll under way has the login itself, and outlives them.
struct Handle(Arc<Inner>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.fate.give_up();
    }
}

struct Inner {
    config: Config,
    settings: Settings,
    credential: Credential,
    /// Of a login that a person approves, once the server has given them.
    codes: OnceCell<Issued>,
    store: Arc<dyn Shelf>,
    system: Arc<dyn System>,
    ground: Ground,
    fate: Fate,
    /// What it gave.
    session: OnceCell<Session>,
    desk: PerProcess<Desk>,
}

/// The codes of a login.
struct Issued {
    codes: Codes,
    /// When they expire, on [`System::boot`] and since 1970.
    expires: (Duration, Duration),
}

impl Login {
    /// Starts a login with what `config` says: a [`DeviceLogin`] unless it has another credential. An API key or
    /// client credentials are verified and stored at once. Key variables of the environment are ignored.
    ///
    /// # Blocking
    /// One request, or a few with another issuer, 20 s at most: the configuration's time limit.
    ///
    /// # Errors
    /// What a setting, the server or the store is wrong with, by kind. `DeadlineExceeded` if only the wait has ended: the
    /// request goes on, but what it gives is not kept, neither a code nor a credential that was found good.
    pub fn start(config: impl Into<Config>) -> Result<Self> {
        Self::start_on(Ground::real(), config.into(), None, &|| true)
    }

    /// [`Login::start`] that waits no longer than `timeout`.
    pub fn start_timeout(config: impl Into<Config>, timeout: Duration) -> Result<Self> {
        Self::start_on(Ground::real(), config.into(), Some(timeout), &|| true)
    }

    /// [`Login::start`] that waits no longer than `still_wanted` says, which is asked every 50 ms on the calling thread;
    /// `Cancelled` then.
    pub fn start_while(config: impl Into<Config>, still_wanted: &dyn Fn() -> bool) -> Result<Self> {
        Self::start_on(Ground::real(), config.into(), None, still_wanted)
    }

    /// Starts a login on any ground.
    pub(crate) fn start_on(
        ground: Ground,
        config: Config,
        timeout: Option<Duration>,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<Self> {
        let login = Self::prepare(ground, config)?;
        let inner = Arc::clone(&login.0.0);
        let deadline = inner.deadline(timeout.unwrap_or(inner.settings.timeout));
        let system = Arc::clone(&inner.system);
        // A wait that ends early drops the login, and what the server answers later finds that nobody wants it.
        apart(&*system, "beamlit-login", deadline, still_wanted, move || inner.begin())?;
        Ok(login)
    }

    /// A login of which the server knows nothing yet.
    fn prepare(ground: Ground, config: Config) -> Result<Self> {
        let settings = config.settle(&(ground.environment)()?.without_credentials())?;
        let credential = config.own_credential().cloned().unwrap_or_else(|| DeviceLogin::new().into());
        credential.check()?;
        let system = Arc::clone(&ground.system);
        let store = settings.store.open(&system)?;
        if credential.is_interactive() {
            fit::check_store(&*store, settings.rotation.unwrap_or_else(|| settings.platform.rotation()))?;
        }
        let io = Io::new((ground.connect)()(&settings, Arc::clone(&system))?, Arc::clone(&system));
        let desk = PerProcess::new(&*system, Desk::new(io, Duration::ZERO, None));
        let (codes, session, fate) = (OnceCell::new(), OnceCell::new(), Fate::default());
        let inner = Inner { config, settings, credential, codes, store, system, ground, fate, session, desk };
        Ok(Self(Arc::new(Handle(Arc::new(inner)))))
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
        self.0.0.settings.workspace.as_deref()
    }

    /// The client that asks, as the page of the approval names it too; empty for a credential that names none.
    pub fn client_id(&self) -> &str {
        places::client_id(&self.0.0.settings, Some(&self.0.0.credential)).unwrap_or_default()
    }

    /// When the code expires; now if nothing is to be approved.
    pub fn expires_at(&self) -> SystemTime {
        let expires = self.0.0.codes.get().map_or_else(|| self.0.0.system.wall(), |issued| issued.expires.1);
        SystemTime::UNIX_EPOCH.checked_add(expires).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// How long to wait between two polls; the server may lengthen it.
    pub fn interval(&self) -> Duration {
        let own = self.0.0.desk();
        own.map_or(Duration::ZERO, |desk| desk.1.state.lock().interval)
    }

    /// Asks the server if that is due, one request at most, and says whether the login is done. May be called at any
    /// rate: before the interval has passed it answers at once.
    ///
    /// # Blocking
    /// At most one request: the configuration's time limit, 20 s at most. An answer that comes later is for a later
    /// poll.
    ///
    /// # Errors
    /// `AccessDenied` if the person refused, `LoginExpired` if the time is over; `Cancelled` if [`Login::cancel`] ended
    /// this very wait, `Closed` after it; else what the server or the store is wrong with.
    pub fn poll(&self) -> Result<Option<Session>> {
        self.poll_timeout(self.0.0.poll_limit())
    }

    /// [`Login::poll`] that waits for the answer no longer than `timeout`; the request goes on.
    pub fn poll_timeout(&self, timeout: Duration) -> Result<Option<Session>> {
        self.poll_until(self.0.0.deadline(timeout), &|| true)
    }

    /// [`Login::poll`] that waits no longer than `still_wanted` says, which is asked every 50 ms on the calling thread.
    /// The request goes on.
    pub fn poll_while(&self, still_wanted: &dyn Fn() -> bool) -> Result<Option<Session>> {
        self.poll_until(self.0.0.deadline(self.0.0.poll_limit()), still_wanted)
    }

    fn poll_until(&self, deadline: Duration, still_wanted: &dyn Fn() -> bool) -> Result<Option<Session>> {
        let desk = self.0.0.desk()?;
        let mut state = desk.1.state.lock();
        self.0.0.tick(&desk, &mut state);
        loop {
            let left = deadline.saturating_sub(self.0.0.system.monotonic());
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
        let deadline = self.0.0.deadline(timeout);
        let desk = self.0.0.desk()?;
        let mut state = desk.1.state.lock();
        loop {
            self.0.0.tick(&desk, &mut state);
            let left = deadline.saturating_sub(self.0.0.system.monotonic());
            if state.outcome.is_some() || left.is_zero() {
                return state.outcome.clone().transpose();
            }
            desk.1.wait_a_slice(&mut state, left, still_wanted)?;
        }
    }

    /// Gives the login up: what waits on it now ends with `Cancelled`, later calls with `Closed`, and an approval that
    /// comes later is not stored. Changes nothing if the login has ended before, or is being stored.
    pub fn cancel(&self) {
        let inner = &self.0.0;
        if inner.fate.give_up()
            && let Ok(desk) = inner.desk()
        {
            desk.1.cancel();
        }
    }

    fn codes(&self) -> Option<&Codes> {
        self.0.0.codes.get().map(|issued| &issued.codes)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({}, {})", self.0.0.settings.platform.name(), self.0.0.credential.kind())
    }
}

impl Inner {
    /// Asks for codes, or verifies and stores what needs no person.
    fn begin(&self) -> Result<()> {
        let desk = self.desk()?;
        let deadline = self.system.monotonic() + CALL_LIMIT;
        let Credential::DeviceLogin(login) = &self.credential else {
            let session = self.store_at_once(&desk.1.io, deadline)?;
            desk.1.state.lock().outcome.get_or_insert(Ok(session));
            return Ok(());
        };
        let codes = start(&asked(login, &self.settings)?, &self.settings, &desk.1.io, deadline)?;
        let expires = (self.system.boot() + codes.expires_in, self.system.wall() + codes.expires_in);
        desk.1.begin(codes.interval);
        let _ = self.codes.set(Issued { codes, expires });
        Ok(())
    }

    /// This process's part. A forked child goes on with the login by itself.
    fn desk(&self) -> Result<Own<Desk>> {
        self.desk.get(&*self.system, || {
            let http = (self.ground.connect)()(&self.settings, Arc::clone(&self.system))?;
            let interval = self.codes.get().map_or(Duration::ZERO, |issued| issued.codes.interval);
            let kept = self.session.get().cloned().map(Ok);
            let outcome = kept.or_else(|| self.fate.is_given_up().then(|| Err(cancelled_before())));
            Ok(Desk::new(Io::new(http, Arc::clone(&self.system)), interval, outcome))
        })
    }

    /// When a wait of `timeout` ends, on [`System::monotonic`].
    fn deadline(&self, timeout: Duration) -> Duration {
        self.system.monotonic() + timeout.min(LONGEST_TIMEOUT)
    }

    /// How long a poll waits when nobody says otherwise.
    fn poll_limit(&self) -> Duration {
        self.settings.timeout.min(CALL_LIMIT)
    }
}

/// Who asks, and for what.
fn asked<'a>(login: &'a DeviceLogin, settings: &'a Settings) -> Result<Asked<'a>> {
    let client_id =
        login.client_id.as_deref().or_else(|| settings.platform.client_id()).ok_or_else(|| {
            Error::new(ErrorKind::InvalidConfig, "a login at an issuer names its client; set client_id")
        })?;
    Ok(Asked { client_id, scope: login.scope.as_deref(), workspace: settings.workspace.as_deref() })
}
