//! The exchange that spends a refresh token: claim, send, commit.
//!
//! The claim is durable before the first byte leaves, and says that the refresh token may have been spent. Who cannot
//! write it does not send; who finds one waits. The commit writes the new tokens over the claim.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use crate::config::Settings;
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::flows::Io;
use crate::flows::refresh_token::{Presented, renew};
use crate::flows::revocation;
use crate::platform::{DEFAULT_LIFETIME, Dialect, Rotation};
use crate::record::{Claim, Failure, Record, State, millis};
use crate::renewal::judge::refused;
use crate::renewal::ledger::{Ledger, Lost, Unwritten};
use crate::renewal::{CALL_LIMIT, REST};
use crate::secret::Secret;
use crate::store::Guard;
use crate::sys::UnderWay;
use crate::wire::response::TokenResponse;

/// The longest rest after a failure, for all processes together.
const LONG_REST: Duration = Duration::from_secs(60);
/// How often a refused login is tried again, where the server keeps refresh tokens good.
const DEAD: Duration = Duration::from_secs(600);

/// One attempt to renew one login.
pub(super) struct Attempt<'a> {
    pub(super) settings: &'a Settings,
    pub(super) ledger: &'a Ledger,
    pub(super) io: &'a Io,
    /// The lock that is held, by its name, which says of which boot of which host it is.
    pub(super) boot: Option<&'a str>,
    /// The lock that is held, if there is one: it goes with an answer that cannot be written down yet, so that nobody
    /// takes its owner for gone.
    pub(super) lock: Cell<Option<Guard>>,
    /// When it began to reach for the server, since 1970.
    pub(super) begun: Cell<Duration>,
}

/// A record that was read or written, and the version by which it can be written over.
pub(super) struct Written {
    pub(super) record: Record,
    pub(super) version: String,
}

/// A claim that was written, and the record that bears it.
struct Claimed {
    written: Written,
    claim: Claim,
}

/// What is sent.
pub(super) struct Sending {
    pub(super) token: Arc<Secret>,
    /// The claim that stands, whose outcome is unknown: on this token, if this is a replay, or on the login's own.
    pub(super) former: Option<Claim>,
    /// Where the token comes from, if it is not the record's.
    pub(super) candidate: Option<Candidate>,
}

impl Sending {
    /// The claim that this one repeats.
    fn repeated(&self) -> Option<&Claim> {
        self.former.as_ref().filter(|former| former.token == self.token.digest())
    }
}

/// A login in the platform's own file that the record has never met.
pub(super) struct Candidate {
    pub(super) refresh_token: Arc<Secret>,
    pub(super) device_code: Option<Arc<Secret>>,
}

/// What became of an attempt.
pub(super) enum Outcome {
    /// The login has new tokens. They are in the record that was committed, or that could not be written down yet.
    Renewed(Box<Record>),
    /// Somebody else wrote first: look again.
    Overtaken,
}

impl Attempt<'_> {
    /// Claims, sends and commits.
    pub(super) fn send(&self, read: Written, sending: &Sending) -> Result<Outcome> {
        let (mut claim, mut under_way) = (None, None);
        let mut before_first_byte = || {
            // From here on an exit waits: the answer is all that can tell what became of the token, and a claim without
            // a request means just as little. And after an exit has looked this waits, or the process ends.
            let under_claim = self.spending(self.rotation(&read.record));
            let written = self.claim(&read, sending);
            let stands = written.is_ok();
            under_way = under_claim.filter(|_| stands);
            claim = Some(written);
            // The text is never seen: what the claim failed with is told instead.
            if stands { Ok(()) } else { Err(Error::new(ErrorKind::StoreBusy, "no claim, no request")) }
        };
        let presented = match &sending.candidate {
            None => Presented {
                refresh_token: &sending.token,
                client_id: read.record.client_id.as_deref(),
                device_code: read.record.device_code.as_deref(),
            },
            Some(candidate) => Presented {
                refresh_token: &sending.token,
                client_id: self.settings.platform.client_id(),
                device_code: candidate.device_code.as_deref(),
            },
        };
        let deadline = self.io.system.monotonic() + CALL_LIMIT;
        self.begun.set(self.io.system.wall());
        let answer = renew(&presented, self.settings, self.io, deadline, &mut before_first_byte);
        match (claim, answer) {
            (Some(Err(Lost::Race)), _) => Ok(Outcome::Overtaken),
            (Some(Err(Lost::Store(error))), _) => Err(error),
            (Some(Ok(claimed)), Ok(answer)) => Ok(self.commit(claimed, sending, answer)),
            (Some(Ok(claimed)), Err(error)) => self.answered_badly(claimed, sending, error),
            // No connection stood, so nothing was sent and nothing claimed.
            (None, Err(error)) => Err(self.note(read, error)),
            (None, Ok(_)) => Err(Error::new(
                ErrorKind::InternalError,
                "a request left without its claim, a bug of beamlit-auth",
            )),
        }
    }

    /// What the server does to refresh tokens, which the first writer of a record says.
    fn rotation(&self, record: &Record) -> Rotation {
        match record.state {
            State::Empty => self.rotation_of_a_new_login(),
            State::Live | State::Dead | State::LoggedOut => record.rotation,
        }
    }

    fn rotation_of_a_new_login(&self) -> Rotation {
        self.settings.rotation.unwrap_or_else(|| self.settings.platform.rotation())
    }

    /// Writes the claim, durable when it returns.
    fn claim(&self, read: &Written, sending: &Sending) -> std::result::Result<Claimed, Lost> {
        if self.ledger.is_copy() && read.record.rotation != Rotation::None {
            let message =
                "a login in memory is renewed by the process that made it alone; store it, or log in here";
            return Err(Lost::Store(Error::login_required(Reason::StoreReadOnly, message)));
        }
        let mut record = read.record.clone();
        record.rotation = self.rotation(&record);
        let claim = self.new_claim(sending).map_err(Lost::Store)?;
        record.claim = Some(claim.clone());
        let written = self.ledger.write(&mut record, &read.version);
        if let Err(Lost::Race) = &written
            && let Ok((now, version)) = self.ledger.read()
            && now.claim.as_ref() == Some(&claim)
        {
            // It stands; somebody wrote beside it before it was read back.
            return Ok(Claimed { written: Written { record: now, version }, claim });
        }
        if let Err(Lost::Store(_)) = &written {
            // It may stand although its write failed, and nothing will be sent for it.
            let mut unclaimed = read.record.clone();
            unclaimed.id.clear();
            self.keep(unclaimed, claim.clone());
            let _ = self.ledger.catch_up();
        }
        Ok(Claimed { written: Written { record, version: written? }, claim })
    }

    /// The claim of one request. A replay keeps when the token was first sent, and a candidate's what is claimed of the
    /// login's own token, which may be spent whatever becomes of the candidate.
    fn new_claim(&self, sending: &Sending) -> Result<Claim> {
        let (now, up) = (millis(self.io.system.wall()), millis(self.io.system.boot()));
        let (repeated, former) = (sending.repeated(), sending.former.as_ref());
        Ok(Claim {
            id: self.ledger.name()?,
            token: sending.token.digest(),
            first_ms: repeated.map_or(now, |claim| claim.first_ms),
            sent_at_ms: now,
            boot: self.boot.map(str::to_owned),
            first_up_ms: repeated.map_or(up, |claim| claim.first_up_ms),
            own: repeated.map_or_else(|| former.cloned().map(Box::new), |claim| claim.own.clone()),
        })
    }

    /// Writes the new tokens over the claim. An answer that cannot be written down is kept until it can be.
    fn commit(&self, claimed: Claimed, sending: &Sending, answer: TokenResponse) -> Outcome {
        let Claimed { written: Written { mut record, version }, claim } = claimed;
        // Counted from the claim, which was written just before the request left.
        record.issued_at_ms = claim.sent_at_ms;
        record.lifetime_ms = millis(answer.expires_in.unwrap_or(DEFAULT_LIFETIME));
        record.claim = None;
        if let Some(candidate) = &sending.candidate {
            self.become_candidate(&mut record, candidate);
        }
        (record.failure, record.state) = (None, State::Live);
        record.generation += 1;
        record.access_token = Some(Arc::new(answer.access_token));
        if let Some(refresh_token) = answer.refresh_token.filter(|new| new.reveal() != sending.token.reveal())
        {
            record.remember([sending.token.digest()]);
            record.refresh_token = Some(Arc::new(refresh_token));
        }
        if let Some(scope) = answer.scope {
            record.scope = scope;
        }
        if self.write_over(claim, &mut record, &version) {
            return Outcome::Renewed(Box::new(record));
        }
        drop_late(&record, self.settings, self.ledger, self.io);
        Outcome::Overtaken
    }

    /// Writes over the claim. What cannot be written now is kept until it can be. False: somebody else wrote first.
    fn write_over(&self, claim: Claim, record: &mut Record, version: &str) -> bool {
        match self.ledger.write_over(&claim, record, version) {
            Ok(()) => true,
            Err(Lost::Race) => false,
            Err(Lost::Store(error)) => {
                log::warn!(target: "beamlit_auth", "what became of a renewal could not be written down yet: {error}");
                self.keep(record.clone(), claim);
                true
            }
        }
    }

    /// Keeps what is to be written over the claim, and the lock with it.
    fn keep(&self, record: Record, claim: Claim) {
        let (lock, trying) = (self.lock.take(), self.spending(record.rotation));
        self.ledger.keep(Unwritten { record, claim, _lock: lock, trying });
    }

    /// A login of the platform's own file that the server accepted takes the place of what the record held.
    fn become_candidate(&self, record: &mut Record, candidate: &Candidate) {
        record.remember(record.digests());
        if !record.is_live() {
            // What a refused replay said of a login that is over says nothing of this one.
            record.rotation = self.rotation_of_a_new_login();
        }
        record.base = self.settings.base();
        record.workspace.clone_from(&self.settings.workspace);
        record.client_id = self.settings.platform.client_id().map(str::to_owned);
        "device_code".clone_into(&mut record.kind);
        record.secret = None;
        record.refresh_token = Some(Arc::clone(&candidate.refresh_token));
        record.device_code.clone_from(&candidate.device_code);
        record.scope.clear();
        record.asked.clear();
    }

    /// What an exit waits for; nothing where the token stays good, because then it can be sent again.
    fn spending(&self, rotation: Rotation) -> Option<UnderWay> {
        (rotation != Rotation::None).then(|| UnderWay::spending(&*self.io.system))
    }

    /// Makes a claimed candidate known whose outcome is not to be learnt, and takes its claim away. One on the login's own
    /// token stands again.
    pub(super) fn forget(&self, read: Written) -> Result<()> {
        let Written { mut record, version } = read;
        if let Some(claim) = record.claim.take() {
            record.claim = claim.own.map(|own| *own);
            record.remember([claim.token]);
        }
        match self.ledger.write(&mut record, &version) {
            Ok(_) | Err(Lost::Race) => Ok(()),
            // The claim stands, and says the same to the next one.
            Err(Lost::Store(error)) => Err(error),
        }
    }

    /// The claim stands and there is no good answer: refused, known not to have been acted on, or unknown.
    fn answered_badly(&self, claimed: Claimed, sending: &Sending, error: Error) -> Result<Outcome> {
        if self.is_refusal(&error) {
            if sending.candidate.is_some() {
                return self.forget(claimed.written).map(|()| Outcome::Overtaken);
            }
            return self.mark_dead(claimed, sending.repeated().is_some(), &error);
        }
        if !is_known_not_issued(&error) {
            return Err(self.note(claimed.written, error));
        }
        let Claimed { written: Written { mut record, version }, claim } = claimed;
        // Nothing is known of the request before it.
        record.claim.clone_from(&sending.former);
        self.add_failure(&mut record, &error);
        self.write_over(claim, &mut record, &version);
        Err(error)
    }

    /// Writes over the claim that the server does not accept the login any more, and erases nothing.
    fn mark_dead(&self, claimed: Claimed, replay: bool, error: &Error) -> Result<Outcome> {
        let Claimed { written: Written { mut record, version }, claim } = claimed;
        (record.state, record.claim) = (State::Dead, None);
        self.add_failure(&mut record, error);
        if replay {
            record.rotation = Rotation::Strict;
        }
        if !self.write_over(claim, &mut record, &version) {
            return Ok(Outcome::Overtaken);
        }
        Err(refused(&record).with_answer_of(error))
    }

    /// Writes a failure down, so that other processes share it, and gives it back. If that fails, each of them finds
    /// out for itself.
    fn note(&self, written: Written, error: Error) -> Error {
        let Written { mut record, version } = written;
        self.add_failure(&mut record, &error);
        let _ = self.ledger.write(&mut record, &version);
        error
    }

    fn add_failure(&self, record: &mut Record, error: &Error) {
        let count = record.failure.as_ref().map_or(1, |failure| failure.count.saturating_add(1));
        let valid = record.expires_at() > self.io.system.wall();
        let doublings = if valid { (count - 1).min(4) } else { 0 };
        let rest = (REST * 2_u32.pow(doublings)).min(LONG_REST).max(error.retry_after().unwrap_or_default());
        let rest = if record.state == State::Dead { DEAD } else { rest };
        record.failure = Some(Failure {
            at_ms: millis(self.begun.get()),
            until_ms: millis(self.io.system.wall() + rest),
            count,
            kind: error.kind().name().to_owned(),
            message: error.message().to_owned(),
        });
    }

    /// `invalid_grant`; on the platform's own wire any 400 or 401 to a refresh.
    fn is_refusal(&self, error: &Error) -> bool {
        let platform = self.settings.platform.dialect() == Dialect::Platform;
        error.oauth_error() == Some("invalid_grant")
            || (platform && matches!(error.http_status(), Some(400 | 401)))
    }
}

/// No request, a well-formed refusal, or a plea for patience: the server has not acted.
fn is_known_not_issued(error: &Error) -> bool {
    match error.http_status() {
        None => error.is_nothing_sent(),
        Some(429) => true,
        Some(400..=499) => error.oauth_error().is_some(),
        Some(_) => false,
    }
}

/// Drops an answer that came too late; if a logout came first, nobody may use it.
pub(super) fn drop_late(record: &Record, settings: &Settings, ledger: &Ledger, io: &Io) {
    let logged_out = ledger.read().is_ok_and(|(now, _)| now.state == State::LoggedOut);
    if let (true, Some(token)) = (logged_out, &record.refresh_token) {
        let deadline = io.system.monotonic() + CALL_LIMIT;
        let _ = revocation::revoke(token, record.client_id.as_deref(), settings, io, deadline);
    }
}
