//! What is to be done about a record, decided from plain data: the rules of the protocol, one by one.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Reason};
use crate::platform::Rotation;
use crate::record::{Claim, Record, State, millis};
use crate::renewal::{CALL_LIMIT, REST};
use crate::secret::Secret;
use crate::token::Moment;

/// What is known besides the record.
pub(crate) struct Circumstances<'a> {
    /// The generation found stale; 0 for none.
    pub(crate) stale: u64,
    /// Whether that one may be good still, and a newer login is looked for.
    pub(crate) sought: bool,
    /// When the caller came, since 1970.
    pub(crate) arrived: Duration,
    pub(crate) now: Moment,
    /// This boot of this host, if the lock is held; whoever claimed under it is gone then.
    pub(crate) boot: Option<&'a str>,
    /// Whether the caller has waited for a claim as long as it may.
    pub(crate) patient: bool,
    /// Whether the record's token serves the caller.
    pub(crate) fresh: bool,
    /// A refresh token in the platform's own file that the record has never met.
    pub(crate) candidate: Option<&'a Arc<Secret>>,
}

/// What is to be done.
pub(crate) enum Judgement {
    /// Take the record's token: somebody renewed it.
    Adopt,
    /// Use the stored key or client credentials.
    Obtain,
    /// Send this refresh token. The claim that stands is on the same token, so that this is a replay, or on the login's own
    /// while a candidate is sent.
    Send { token: Arc<Secret>, former: Option<Claim> },
    /// Make the claimed token known, which was a candidate: its outcome is not to be learnt, and the record's own token is
    /// what it was before.
    Forget,
    /// Somebody may be sending: look again, this moment at the latest.
    Wait { until: Duration },
    /// Nothing can be done now.
    Fail(Error),
}

/// Judges `record`.
pub(crate) fn judge(record: &Record, circumstances: &Circumstances<'_>) -> Judgement {
    match record.state {
        _ if circumstances.candidate.is_some() => {}
        State::Empty => return Judgement::Fail(no_login(Reason::NoCredential, "nobody is logged in")),
        State::LoggedOut => {
            return Judgement::Fail(no_login(Reason::LoggedOut, "the login was ended by a logout"));
        }
        State::Dead | State::Live => {}
    }
    if !record.spends() && circumstances.candidate.is_none() {
        return Judgement::Obtain;
    }
    // Also of a login that is dead: what is valid is served to its end.
    let is_other = record.generation != circumstances.stale;
    let is_good = match circumstances.candidate {
        None => is_other || circumstances.sought,
        Some(_) => is_other && record.is_live(),
    };
    if circumstances.fresh && is_good {
        return Judgement::Adopt;
    }
    let is_over = record.state == State::Dead && circumstances.candidate.is_none();
    if is_over && !may_be_tried_again(record, circumstances) {
        return Judgement::Fail(refused(record));
    }
    if let Some(error) = shared_failure(record, circumstances) {
        return Judgement::Fail(error);
    }
    match (&record.claim, circumstances.candidate.or(record.refresh_token.as_ref())) {
        (Some(claim), _) => judge_claim(record, claim, circumstances),
        (None, Some(token)) => Judgement::Send { token: Arc::clone(token), former: None },
        (None, None) => Judgement::Fail(no_login(Reason::Expired, "the stored login cannot be renewed")),
    }
}

/// A claim stands: the token was sent, or is being sent.
fn judge_claim(record: &Record, claim: &Claim, circumstances: &Circumstances<'_>) -> Judgement {
    let gone = circumstances.boot.is_some_and(|boot| claim.boot.as_deref() == Some(boot));
    let over = Duration::from_millis(claim.sent_at_ms) + CALL_LIMIT;
    if !gone && !circumstances.patient && circumstances.now.wall < over {
        // A clock that was set back must not make anybody wait longer than one call can take.
        return Judgement::Wait { until: over.min(circumstances.now.wall + CALL_LIMIT) };
    }
    let held = record.refresh_token.iter().chain(circumstances.candidate);
    let claimed = held.into_iter().find(|token| token.digest() == claim.token);
    let send = |token| Judgement::Send { token: Arc::clone(token), former: Some(claim.clone()) };
    if let Some(token) = claimed.filter(|_| may_be_replayed(record, claim, gone, circumstances.now)) {
        let rests = record.rotation == Rotation::None;
        return rests.then(|| rest(claim, gone, circumstances)).flatten().unwrap_or_else(|| send(token));
    }
    if record.refresh_token.as_ref().is_none_or(|own| own.digest() != claim.token) {
        return Judgement::Forget;
    }
    // Somebody has logged in elsewhere meanwhile, perhaps because of this very claim.
    if let Some(candidate) = circumstances.candidate {
        return send(candidate);
    }
    let message =
        "a renewal was sent and its answer never seen, so the server may have spent the login; log in again";
    Judgement::Fail(Error::login_required(Reason::RefreshOutcomeUnknown, message))
}

/// Whether the server takes a token again whose answer was never seen.
fn may_be_replayed(record: &Record, claim: &Claim, gone: bool, now: Moment) -> bool {
    match record.rotation {
        Rotation::None => true,
        Rotation::Grace(seconds) => gone && is_within(Duration::from_secs(seconds), claim, now),
        Rotation::Strict => false,
    }
}

/// A request whose end nobody wrote down counts as a failure, after which the server is left alone for a while. Who has
/// a good token uses that, and everybody else waits.
fn rest(claim: &Claim, gone: bool, circumstances: &Circumstances<'_>) -> Option<Judgement> {
    let (now, sent) = (circumstances.now.wall, Duration::from_millis(claim.sent_at_ms));
    // An owner that may be there has ended by its call limit, and is about to write down how.
    let until = REST + if gone { sent } else { sent + CALL_LIMIT };
    // A request from the future: the clock was set back.
    if circumstances.patient || now < sent || until <= now {
        return None;
    }
    if !circumstances.fresh {
        return Some(Judgement::Wait { until });
    }
    let error =
        Error::new(ErrorKind::NetworkError, "the last renewal was cut off; another one is tried in a moment");
    Some(Judgement::Fail(error.with_retry_after(until.saturating_sub(now))))
}

/// Whether a replay arrives within `grace`, which the server counts from the first request. Both clocks must say so, and
/// the boot is the same: a wall clock that was set back knows nothing of the time before.
fn is_within(grace: Duration, claim: &Claim, now: Moment) -> bool {
    let first = Moment {
        wall: Duration::from_millis(claim.first_ms),
        boot: Duration::from_millis(claim.first_up_ms),
    };
    let since = now.boot.checked_sub(first.boot).zip(now.wall.checked_sub(first.wall));
    since.is_some_and(|(boot, wall)| boot.max(wall) < grace.saturating_sub(CALL_LIMIT))
}

/// A failure that began after the caller came, or after which nobody tries again yet.
fn shared_failure(record: &Record, circumstances: &Circumstances<'_>) -> Option<Error> {
    let failure = record.failure.as_ref().filter(|_| record.state != State::Dead)?;
    let now = millis(circumstances.now.wall);
    // A failure from the future is none: the clock was set back.
    if failure.at_ms > now || (failure.at_ms < millis(circumstances.arrived) && failure.until_ms <= now) {
        return None;
    }
    let kind = ErrorKind::ALL.iter().find(|kind| kind.name() == failure.kind).copied()?;
    let left = Duration::from_millis(failure.until_ms.saturating_sub(now));
    let error = Error::new(kind, failure.message.clone());
    Some(if kind.is_retryable() { error.with_retry_after(left) } else { error })
}

/// A server that keeps refresh tokens good and refused one may have been broken: it is asked again, seldom.
fn may_be_tried_again(record: &Record, circumstances: &Circumstances<'_>) -> bool {
    let now = millis(circumstances.now.wall);
    // A failure from the future: the clock was set back.
    let rests = record.failure.as_ref().is_some_and(|failure| failure.at_ms <= now && now < failure.until_ms);
    record.rotation == Rotation::None && !rests
}

/// The server has refused the refresh token: of a login, or one that the caller holds.
pub(super) fn refused(record: &Record) -> Error {
    if record.is_brought() {
        let message =
            "the server does not accept this refresh token; pass one that is neither spent nor revoked";
        return Error::new(ErrorKind::InvalidGrant, message);
    }
    no_login(Reason::Revoked, "the server does not accept the stored login any more")
}

fn no_login(reason: Reason, what: &str) -> Error {
    Error::login_required(reason, format!("{what}; run `bl login`"))
}
