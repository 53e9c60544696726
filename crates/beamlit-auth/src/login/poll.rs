//! The polls of a login: when one is due, and what comes of it.

use std::sync::Arc;
use std::time::Duration;

use crate::credential::Credential;
use crate::error::{Error, ErrorKind, Result};
use crate::flows::Io;
use crate::flows::device_code::{Poll, SLOW_DOWN, poll};
use crate::login::desk::{Desk, Progress};
use crate::login::{Inner, asked};
use crate::renewal::CALL_LIMIT;
use crate::sys::{Guard, Own};

/// The longest pause between two polls of a server that cannot be reached.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Inner {
    /// Starts the next poll if it is due; ends the login if its time is over.
    pub(super) fn tick(self: &Arc<Self>, desk: &Own<Desk>, state: &mut Guard<'_, Progress>) {
        if state.outcome.is_some() || state.polling {
            return;
        }
        if self.codes.get().is_none_or(|issued| self.system.boot() >= issued.expires.0) {
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
        // Whoever cancelled the login meanwhile has ended it.
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
                let kept = Guard::unlocked(&mut state, || self.finish(desk, tokens, since));
                state.outcome.get_or_insert(kept);
            }
        }
        state.next = self.system.monotonic() + state.interval;
        state.polling = false;
        desk.moved.notify_all();
    }

    fn poll_once(&self, io: &Io, deadline: Duration) -> Result<Poll> {
        let (Some(issued), Credential::DeviceLogin(login)) = (self.codes.get(), &self.credential) else {
            return Err(Error::new(
                ErrorKind::InternalError,
                "a login without codes was polled, which is a bug of beamlit-auth",
            ));
        };
        let device_code = &issued.codes.device_code;
        poll(&asked(login, &self.settings)?, device_code, &self.settings, io, deadline)
    }
}

/// Whether the next poll may go better.
fn is_passing(error: &Error) -> bool {
    error.kind().is_retryable() && error.kind() != ErrorKind::StoreBusy
}
