//! What is to be done about a record, decided from plain data: the rules of the protocol, one by one.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Reason};
use crate::platform::Rotation;
use crate::record::{Claim, Record, State, millis};
use crate::renewal::CALL_LIMIT;
use crate::secret::Secret;
use crate::token::Moment;

/// What is known besides the record.
pub(crate) struct Circumstances<'a> {
    /// The generation found stale; 0 for none.
    pub(crate) stale: u64,
    /// When the caller came, since 1970.
    pub(crate) arrived: Duration,
    pub(crate) now: Moment,
    /// This boot of this host, if the lock is held; whoever claimed under it is gone then.
    pub(crate) boot: Option<&'a str>,
    /// Whether the caller has waited for a claim as long as it may.
    pub(crate) patient: bool,
    /// Whether the record's token serves the caller.
    pub(crate) fresh: bool,
}

/// What is to be done.
pub(crate) enum Judgement {
    /// Take the record's token: somebody renewed it.
    Adopt,
    /// Use the stored key or client credentials.
    Obtain,
    /// Send this refresh token. A replay keeps when it was first sent.
    Send { token: Arc<Secret>, replay: Option<Claim> },
    /// Somebody may be sending: look again, this moment at the latest.
    Wait { until: Duration },
    /// Nothing can be done now.
    Fail(Error),
}

/// Judges `record`.
pub(crate) fn judge(record: &Record, circumstances: &Circumstances<'_>) -> Judgement {
    match record.state {
        State::Empty => return Judgement::Fail(no_login(Reason::NoCredential, "nobody is logged in")),
        State::LoggedOut => {
            return Judgement::Fail(no_login(Reason::LoggedOut, "the login was ended by a logout"));
        }
        State::Dead | State::Live => {}
    }
    if !record.spends() {
        return Judgement::Obtain;
    }
    // Also of a login that is dead: what is valid is served to its end.
    if record.generation != circumstances.stale && circumstances.fresh {
        return Judgement::Adopt;
    }
    if record.state == State::Dead && !may_be_tried_again(record, circumstances) {
        let what = "the server does not accept the stored login any more";
        return Judgement::Fail(no_login(Reason::Revoked, what));
    }
    if let Some(error) = shared_failure(record, circumstances) {
        return Judgement::Fail(error);
    }
    let Some(token) = record.refresh_token.clone() else {
        return Judgement::Fail(no_login(Reason::Expired, "the stored login cannot be renewed"));
    };
    match &record.claim {
        None => Judgement::Send { token, replay: None },
        Some(claim) => judge_claim(record.rotation, claim, token, circumstances),
    }
}

/// A claim stands: the token was sent, or is being sent.
fn judge_claim(
    rotation: Rotation,
    claim: &Claim,
    token: Arc<Secret>,
    circumstances: &Circumstances<'_>,
) -> Judgement {
    let gone = circumstances.boot.is_some_and(|boot| claim.boot.as_deref() == Some(boot));
    let over = Duration::from_millis(claim.sent_at_ms) + CALL_LIMIT;
    if !gone && !circumstances.patient && circumstances.now.wall < over {
        // A clock that was set back must not make anybody wait longer than one call can take.
        return Judgement::Wait { until: over.min(circumstances.now.wall + CALL_LIMIT) };
    }
    let replay = match rotation {
        Rotation::None => true,
        Rotation::Grace(seconds) => gone && is_within(Duration::from_secs(seconds), claim, circumstances.now),
        Rotation::Strict => false,
    };
    if replay {
        return Judgement::Send { token, replay: Some(claim.clone()) };
    }
    let message =
        "a renewal was sent and its answer never seen, so the server may have spent the login; log in again";
    Judgement::Fail(Error::login_required(Reason::RefreshOutcomeUnknown, message))
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
    let failure = record.failure.as_ref().filter(|_| record.state == State::Live)?;
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

fn no_login(reason: Reason, what: &str) -> Error {
    Error::login_required(reason, format!("{what}; run `bl login`"))
}
