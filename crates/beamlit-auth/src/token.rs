//! Access tokens as callers see them, and how long one is good for.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::secret::Secret;

/// An access token, or an API key: an immutable snapshot, cheap to clone, safe to share.
#[derive(Clone)]
pub struct Token(Arc<Inner>);

struct Inner {
    secret: Secret,
    token_type: &'static str,
    scope: String,
    expires_at: Option<Duration>,
    generation: u64,
}

impl Token {
    pub(crate) fn new(
        secret: Secret,
        bearer: bool,
        scope: String,
        expires_at: Option<Duration>,
        generation: u64,
    ) -> Self {
        let token_type = if bearer { "Bearer" } else { "" };
        Self(Arc::new(Inner { secret, token_type, scope, expires_at, generation }))
    }

    /// The secret text. The caller's copies are the caller's to protect.
    pub fn reveal(&self) -> &str {
        self.0.secret.reveal()
    }

    /// `Bearer` (RFC 6750) for an access token, empty for an API key.
    pub fn token_type(&self) -> &str {
        self.0.token_type
    }

    /// The scope that the server granted, words separated by blanks; empty if it said nothing and none was asked for.
    pub fn scope(&self) -> &str {
        &self.0.scope
    }

    /// When it expires by the wall clock; `None` for an API key, which does not.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.0.expires_at.and_then(|since_epoch| SystemTime::UNIX_EPOCH.checked_add(since_epoch))
    }

    /// The number of this snapshot; each new token of a session has a higher one.
    pub fn generation(&self) -> u64 {
        self.0.generation
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token(…, generation {})", self.generation())
    }
}

/// A moment on both clocks that a lifetime is measured by.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// Since boot, sleep included.
    pub(crate) boot: Duration,
    /// Since 1970, as the machine believes.
    pub(crate) wall: Duration,
}

/// How much of a token's life is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Freshness {
    /// Serve it.
    Fresh,
    /// Serve it, and let one caller renew it.
    Advisory,
    /// Wait for the renewal, and serve it still if that fails.
    Mandatory,
    /// Never serve it.
    Expired,
}

/// The life of one token: counted from just before it was asked for, never from its receipt.
#[derive(Clone, Copy)]
pub(crate) struct Life {
    since: Moment,
    /// `None` does not end.
    length: Option<Duration>,
}

/// The widest advisory window; shorter lives have a fifth of theirs.
const ADVISORY: Duration = Duration::from_secs(600);
/// The widest mandatory window; shorter lives have a twentieth of theirs.
const MANDATORY: Duration = Duration::from_secs(60);
/// A wall clock that goes back by more than this makes a token stale once.
const TOLERATED_STEP: Duration = Duration::from_secs(60);
/// Servers that say zero, less or next to nothing still mean one use, and renewals stay this far apart.
const SHORTEST: Duration = Duration::from_secs(5);
/// What is longer is cut, so that sums cannot overflow.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

impl Life {
    pub(crate) fn new(since: Moment, length: Option<Duration>) -> Self {
        Self { since, length: length.map(|length| length.clamp(SHORTEST, LONGEST)) }
    }

    /// When it ends by the wall clock.
    pub(crate) fn expires_at(&self) -> Option<Duration> {
        self.length.map(|length| self.since.wall + length)
    }

    /// What the token is good for now.
    pub(crate) fn freshness(&self, now: Moment) -> Freshness {
        let (Some(length), Some(left)) = (self.length, self.left(now)) else { return Freshness::Fresh };
        if left.is_zero() {
            Freshness::Expired
        } else if left <= mandatory(length) || now.wall + TOLERATED_STEP < self.since.wall {
            Freshness::Mandatory
        } else if left <= advisory(length) {
            Freshness::Advisory
        } else {
            Freshness::Fresh
        }
    }

    /// What is left of it: the smaller of what the two clocks say; `None` does not end.
    pub(crate) fn left(&self, now: Moment) -> Option<Duration> {
        let length = self.length?;
        let by_boot = (self.since.boot + length).saturating_sub(now.boot);
        let by_wall = (self.since.wall + length).saturating_sub(now.wall);
        Some(by_boot.min(by_wall))
    }

    /// How long it stays [`Freshness::Fresh`]; `None` for ever.
    pub(crate) fn fresh_for(&self, now: Moment) -> Option<Duration> {
        self.length.zip(self.left(now)).map(|(length, left)| left.saturating_sub(advisory(length)))
    }

    /// `wanted` cut to what a new token of this life could ever satisfy.
    pub(crate) fn clamp_min_valid(&self, wanted: Duration) -> Duration {
        self.length.map_or(Duration::ZERO, |length| wanted.min(length.saturating_sub(mandatory(length))))
    }

    /// What is left of it for somebody who waits for a renewal, or looks at a late clock, and is to get this token still:
    /// a little less than all; `None` does not end.
    pub(crate) fn usable(&self, now: Moment) -> Option<Duration> {
        let last_call = mandatory(self.length?) / 10;
        self.left(now).map(|left| left.saturating_sub(last_call))
    }
}

fn advisory(length: Duration) -> Duration {
    ADVISORY.min(length / 5)
}

fn mandatory(length: Duration) -> Duration {
    MANDATORY.min(length / 20)
}

#[cfg(test)]
mod tests;
