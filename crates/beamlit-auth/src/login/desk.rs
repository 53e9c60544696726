//! Where the callers of one process meet who wait for the same login.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::flows::Io;
use crate::login::choice::Undecided;
use crate::session::Session;
use crate::sys::{Condvar, Guard, Mutex, SLICE};

/// One process's part of a login.
pub(super) struct Desk {
    pub(super) io: Io,
    pub(super) state: Mutex<Progress>,
    pub(super) moved: Condvar,
}

/// How far the login has got.
pub(super) struct Progress {
    /// Whether a poll is under way.
    pub(super) polling: bool,
    pub(super) next: Duration,
    pub(super) interval: Duration,
    /// Whether it was [`crate::Login::cancel`] that ended the login.
    cancelled: bool,
    /// How the login ended.
    pub(super) outcome: Option<Result<Session>>,
    /// What it gave, if somebody has yet to choose a workspace.
    pub(super) undecided: Option<Undecided>,
}

impl Desk {
    pub(super) fn new(io: Io, interval: Duration, outcome: Option<Result<Session>>) -> Self {
        let next = io.system.monotonic() + interval;
        let state = Progress { polling: false, next, interval, cancelled: false, outcome, undecided: None };
        Self { io, state: Mutex::new(state), moved: Condvar::default() }
    }

    /// Counts the pauses between polls from now on.
    pub(super) fn begin(&self, interval: Duration) {
        let mut state = self.state.lock();
        (state.interval, state.next) = (interval, self.io.system.monotonic() + interval);
    }

    /// Ends the login for those who wait for it, and for those who come later.
    pub(super) fn cancel(&self) {
        let mut state = self.state.lock();
        if state.outcome.is_none() {
            state.outcome = Some(Err(cancelled_before()));
            state.cancelled = true;
        }
        state.undecided = None;
        drop(state);
        self.moved.notify_all();
    }

    /// Waits until something moves, `left` and 50 ms at most.
    ///
    /// # Errors
    /// `Cancelled` if that is not wanted any more.
    pub(super) fn wait_a_slice(
        &self,
        state: &mut Guard<'_, Progress>,
        left: Duration,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<()> {
        self.moved.wait_for(state, left.min(SLICE));
        if state.cancelled {
            return Err(Error::new(ErrorKind::Cancelled, "the login was cancelled"));
        }
        if Guard::unlocked(state, still_wanted) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Cancelled, "the wait for the login was cancelled"))
    }
}

/// What a login answers that was cancelled before.
pub(super) fn cancelled_before() -> Error {
    Error::new(ErrorKind::Closed, "the login was cancelled; start another one")
}
