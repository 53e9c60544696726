//! A renewal: asks the credential's grant once and makes a snapshot of what it gives.

mod judge;
mod ledger;
mod login;
mod share;
mod spend;

use std::sync::Arc;
use std::time::Duration;

use crate::cache::Snapshot;
use crate::config::Settings;
use crate::credential::Credential;
use crate::emulator_mark;
use crate::error::{ErrorKind, Result};
use crate::flows::Io;
use crate::grant;
use crate::headers::{Headers, Style};
use crate::http::AT_ONCE;
use crate::platform::DEFAULT_LIFETIME;
use crate::record::Record;
use crate::secret::Secret;
use crate::store::mirror::{Mirror, Occasion, Seen};
use crate::token::{Freshness, Life, Moment, Token};

pub(crate) use ledger::Ledger;
pub(crate) use login::stored_credential;
pub(crate) use share::key as shared_key;
use spend::drop_late;

/// What one request to an authorization server may take, whoever waits for it.
pub(crate) const CALL_LIMIT: Duration = Duration::from_secs(20);

/// The shortest time between two requests for one login, counted from a failure, for all processes together.
const REST: Duration = Duration::from_secs(5);
/// The first and the last pause between two tries to write down an answer.
const CATCH_UP: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));

/// Everything that a renewal is made from. The same for a session's whole life.
pub(crate) struct Renewal {
    pub(crate) settings: Settings,
    pub(crate) source: Source,
    /// Where a credential that spends nothing was found, if somebody stored it.
    pub(crate) stored: Option<Box<Stored>>,
    /// The platform's own file, if the login is mirrored there.
    pub(crate) mirror: Option<Mirror>,
    /// Where the tokens of a grant that spends nothing are shared, if they are.
    pub(crate) shared: Option<Box<Ledger>>,
}

/// Where the credential comes from.
pub(crate) enum Source {
    /// The caller holds it.
    Own(Credential),
    /// The store holds it: a login, which others may renew, replace or end at any time.
    Login(Box<Ledger>),
}

/// Where a credential lies that the session holds itself.
pub(crate) struct Stored {
    pub(crate) ledger: Ledger,
    /// The name of the record as it was then.
    pub(crate) id: String,
}

/// What the caller of a renewal found.
pub(crate) struct Found {
    /// The generation that is not good any more; 0 if there was none.
    pub(crate) generation: u64,
    /// Whether a server has answered 401 to that one.
    pub(crate) refused: bool,
    /// Whether that one may be good still, and a newer login is looked for.
    pub(crate) sought: bool,
    /// When the caller came, since 1970.
    pub(crate) arrived: Duration,
    /// How long the caller needs the token to be good for.
    pub(crate) min_valid: Duration,
}

impl Found {
    /// Whether the caller is served by a token that is written down.
    fn is_served_by(&self, snapshot: &Snapshot, now: Moment) -> bool {
        if self.refused && snapshot.generation() == self.generation {
            return false;
        }
        let lasts =
            snapshot.life.left(now).is_none_or(|left| left >= snapshot.life.clamp_min_valid(self.min_valid));
        lasts && matches!(snapshot.freshness(now), Freshness::Fresh | Freshness::Advisory)
    }
}

impl Renewal {
    /// Obtains a token that is newer than the one found.
    ///
    /// # Blocking
    /// At most a few call limits of 20 s; not at all for a credential that is never renewed.
    pub(crate) fn run(&self, io: &Io, found: &Found) -> Result<Arc<Snapshot>> {
        match &self.source {
            Source::Own(credential) => match (self.replaced(credential), &self.shared) {
                (Some(ledger), _) => self.renew(ledger, io, found),
                (None, Some(ledger)) => self.obtain_shared(ledger, credential, io, found),
                (None, None) => self.obtain(credential, io, found.generation + 1, CALL_LIMIT),
            },
            Source::Login(ledger) => self.renew(ledger, io, found),
        }
    }

    /// What [`Renewal::run`] obtains, if nothing is spent and nothing looked up in a store for it and the server answers at
    /// once over a connection that stands already. `None`: run it; a request that has been sent is not sent again, its
    /// answer is waited for.
    ///
    /// # Blocking
    /// [`AT_ONCE`], and twice that for the rest of an answer that has begun.
    pub(crate) fn run_at_once(&self, io: &Io, found: &Found) -> Option<Result<Arc<Snapshot>>> {
        let (Source::Own(credential), None, None) = (&self.source, &self.shared, &self.stored) else {
            return None;
        };
        match self.obtain(credential, io, found.generation + 1, AT_ONCE) {
            Err(error) if error.kind() == ErrorKind::DeadlineExceeded => None,
            done => Some(done),
        }
    }

    /// Where the login lies by its store and key, if every process sees it there.
    pub(crate) fn shared_place(&self) -> Option<(String, String)> {
        match &self.source {
            Source::Login(ledger) if ledger.store.process().is_none() => {
                Some((ledger.store.place(), ledger.key.clone()))
            }
            Source::Login(_) | Source::Own(_) => None,
        }
    }

    /// Whether something is to be written down yet.
    pub(crate) fn has_unwritten(&self) -> bool {
        self.ledger().is_some_and(Ledger::has_unwritten)
    }

    /// The record as it is now; `None` for a credential that the caller holds.
    pub(crate) fn record(&self) -> Result<Option<Record>> {
        match &self.source {
            Source::Login(ledger) => Ok(Some(ledger.read()?.0)),
            Source::Own(_) => Ok(None),
        }
    }

    /// Whether the credential is sent as it is and never renewed.
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(&self.source, Source::Own(credential) if credential.is_fixed())
    }

    /// After a renewal that could not be written down: tries on for a while, because a process that ends before that
    /// loses the login.
    pub(crate) fn catch_up(&self, io: &Io) {
        let Some(ledger) = self.ledger() else { return };
        let mut nap = CATCH_UP.0;
        while self.settle(ledger, io).is_err() && nap <= CATCH_UP.1 {
            io.system.sleep(nap);
            nap *= 2;
        }
        ledger.stop_trying();
    }

    /// Writes down what could not be, or drops it if it comes too late.
    fn settle(&self, ledger: &Ledger, io: &Io) -> Result<()> {
        if let Some(late) = ledger.catch_up()? {
            drop_late(&late, &self.settings, ledger, io);
        }
        Ok(())
    }

    /// Writes the login over an older one in the platform's own file, if one is seen there. It costs no login if that
    /// cannot be done.
    ///
    /// # Blocking
    /// Three seconds at most.
    pub(crate) fn mirror(&self) {
        let Some((ledger, (mirror, workspace))) = self.ledger().zip(self.mirrored()) else { return };
        let record = || ledger.read().ok().map(|(record, _)| record);
        let Some(now) = record() else { return };
        if !matches!(ledger.seen(mirror, workspace, &now), Ok(Seen::Older(_))) {
            return;
        }
        if let Err(unwritten) = mirror.write(workspace, Occasion::Older, &record) {
            log::info!(target: "beamlit_auth", "an older login was not written over: {unwritten}");
        }
    }

    /// Where the login lies, if it lies in a store.
    fn ledger(&self) -> Option<&Ledger> {
        match &self.source {
            Source::Login(ledger) => Some(ledger),
            Source::Own(_) => self.stored.as_deref().map(|stored| &stored.ledger),
        }
    }

    /// The platform's file, and the workspace whose entry this login has there.
    fn mirrored(&self) -> Option<(&Mirror, &str)> {
        self.mirror.as_ref().zip(self.settings.workspace.as_deref())
    }

    /// Asks a grant that spends nothing, for `limit` at most.
    fn obtain(
        &self,
        credential: &Credential,
        io: &Io,
        generation: u64,
        limit: Duration,
    ) -> Result<Arc<Snapshot>> {
        // Before the request leaves: the server counts from some moment after this one.
        let since = io.now();
        let deadline = io.system.monotonic() + limit;
        let answer = grant::obtain(credential, &self.settings, io, deadline)?;
        let length = answer.expires_in.or((!credential.is_fixed()).then_some(DEFAULT_LIFETIME));
        let life = Life::new(since, length);
        self.snapshot(answer.access_token, answer.bearer, answer.scope.unwrap_or_default(), life, generation)
    }

    /// The snapshot that a record holds, if it has an access token.
    pub(crate) fn recorded(&self, record: &Record, now: Moment) -> Result<Option<Arc<Snapshot>>> {
        let Some(token) = &record.access_token else { return Ok(None) };
        let issued = Duration::from_millis(record.issued_at_ms);
        // The same stretch of time on both clocks.
        let since = Moment { wall: issued, boot: (now.boot + issued).saturating_sub(now.wall) };
        let life = Life::new(since, Some(Duration::from_millis(record.lifetime_ms)));
        self.snapshot(token.duplicate(), true, record.scope.clone(), life, record.generation).map(Some)
    }

    fn snapshot(
        &self,
        secret: Secret,
        bearer: bool,
        scope: String,
        life: Life,
        generation: u64,
    ) -> Result<Arc<Snapshot>> {
        let workspace = self.settings.platform.workspace_header().zip(self.settings.workspace.as_deref());
        let style = Style::settle(self.settings.header.as_deref(), &self.settings.platform, !bearer)?;
        let headers = Headers::render(&secret, &style, workspace, generation);
        let marked = emulator_mark::is_marked(secret.reveal());
        let token = Token::new(secret, bearer, scope, life.expires_at(), generation);
        Ok(Arc::new(Snapshot::new(token, headers, life, marked)))
    }
}
