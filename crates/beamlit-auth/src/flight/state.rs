//! What the callers of one process agree on, under one lock: whether a renewal is under way, and how the last went.

use std::time::Duration;

use crate::cache::Writer;
use crate::error::{Error, ErrorKind};
use crate::flight::timer::Desk;
use crate::sys::Own;
use crate::token::Freshness;

/// A token that came of a 401 is not renewed for another 401 within this time.
const HEALED: Duration = Duration::from_secs(60);
/// The shortest time between two requests, counted from a failure.
const REST: Duration = Duration::from_secs(5);
/// The longest time between two requests while a valid token is there to be served, and after a clear refusal.
const LONG_REST: Duration = Duration::from_secs(60);

/// A session whose login is of no use looks into the store this often, whether there is a new one.
const REREAD: Duration = Duration::from_secs(1);

pub(crate) struct State {
    pub(crate) writer: Writer,
    pub(crate) flying: bool,
    /// Whether a renewal is wanted although the token may be fresh.
    pub(crate) sought: bool,
    /// How many renewals have ended.
    pub(crate) landings: u64,
    /// How the last renewal failed.
    failure: Option<Failure>,
    /// How many have failed in a row.
    failures: u32,
    /// The last generation that a 401 brought about, and when.
    healed: Option<(u64, Duration)>,
    /// The timer that looks after the token, while some session wants that.
    pub(crate) desk: Option<Own<Desk>>,
}

/// A renewal that failed, and until when nobody tries again, on [`crate::sys::System::boot`] as all here.
struct Failure {
    error: Error,
    until: Duration,
    /// The same for those who can do without: whoever has a valid token and waits for nothing, and the timer.
    patient_until: Duration,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            writer: Writer,
            flying: false,
            sought: false,
            landings: 0,
            failure: None,
            failures: 0,
            healed: None,
            desk: None,
        }
    }

    /// How fresh a token counts as: while another is sought, none is quite fresh.
    pub(crate) fn due(&self, freshness: Freshness) -> Freshness {
        if self.sought && freshness == Freshness::Fresh { Freshness::Advisory } else { freshness }
    }

    /// Notes a renewal that gave `generation`; `healed` says that it replaced a token that a server had refused.
    pub(crate) fn succeeded(&mut self, generation: u64, healed: bool, now: Duration) {
        (self.failure, self.failures) = (None, 0);
        self.healed = healed.then_some((generation, now));
    }

    /// Notes that somebody else has renewed the login, or logged in: what failed here before says nothing any more.
    pub(crate) fn was_overtaken(&mut self) {
        (self.failure, self.failures) = (None, 0);
    }

    /// Notes a renewal that failed. `valid` says that a valid token is there meanwhile; `jitter` is any number.
    pub(crate) fn failed(&mut self, error: Error, valid: bool, jitter: u64, now: Duration) {
        self.failures += 1;
        let until = now + rest(&error, self.failures, valid, jitter);
        let patient_until = now + patient_rest(&error, self.failures, jitter);
        self.failure = Some(Failure { error, until, patient_until });
    }

    /// How the last renewal failed, if it did.
    pub(crate) fn failure(&self) -> Option<&Error> {
        self.failure.as_ref().map(|failure| &failure.error)
    }

    /// The failure after which nobody tries again yet, with the time that is left.
    pub(crate) fn resting(&self, now: Duration) -> Option<Error> {
        let Failure { error, until, .. } = self.failure.as_ref()?;
        let left = until.saturating_sub(now);
        if left.is_zero() {
            return None;
        }
        Some(if error.kind().is_retryable() { error.clone().with_retry_after(left) } else { error.clone() })
    }

    /// How long those who can do without try no more; zero if they may.
    pub(crate) fn patient_for(&self, now: Duration) -> Duration {
        self.failure.as_ref().map_or(Duration::ZERO, |failure| failure.patient_until.saturating_sub(now))
    }

    /// Whether `generation` came of a 401 so recently that another 401 says nothing about the token.
    pub(crate) fn is_healed(&self, generation: u64, now: Duration) -> bool {
        self.healed.is_some_and(|(healed, at)| healed == generation && now < at + HEALED)
    }
}

/// How long nobody tries again after `failures` failures in a row, the last of them `error`.
fn rest(error: &Error, failures: u32, valid: bool, jitter: u64) -> Duration {
    if let Some(asked) = error.retry_after().filter(|asked| !asked.is_zero()) {
        return asked.max(REST);
    }
    if error.kind() == ErrorKind::LoginRequired {
        return REREAD;
    }
    if error.exit_code() == ErrorKind::InvalidClient.exit_code() {
        return LONG_REST;
    }
    let doublings = if valid { failures.saturating_sub(1).min(4) } else { 0 };
    let rest = (REST * 2_u32.pow(doublings)).min(LONG_REST);
    // Jitter only lengthens a rest, by a quarter at most.
    rest + rest * u32::try_from(jitter % 256).unwrap_or(0) / 1024
}

/// The same where nobody waits: the store is not looked into every second for a login that is of no use.
fn patient_rest(error: &Error, failures: u32, jitter: u64) -> Duration {
    if error.kind() == ErrorKind::LoginRequired { LONG_REST } else { rest(error, failures, true, jitter) }
}
