//! Signals: Ctrl-C ends a wait, and what runs until it is told to end listens for that.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use beamlit_auth::{Error, ErrorKind, Result};
use signal_hook::SigId;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How often a wait asks whether it is still wanted: Ctrl-C is to end it within 150 ms.
pub(crate) const SLICE: Duration = Duration::from_millis(50);

const INTERRUPTED: &str = "interrupted";

/// Listens to SIGINT for as long as it lives.
struct Interrupt {
    came: Arc<AtomicBool>,
    listener: SigId,
}

impl Interrupt {
    fn listen() -> Result<Self> {
        let came = Arc::new(AtomicBool::new(false));
        let listener =
            signal_hook::flag::register(SIGINT, Arc::clone(&came)).map_err(|error| unheard(&error))?;
        Ok(Self { came, listener })
    }

    fn came(&self) -> bool {
        self.came.load(Ordering::Relaxed)
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        signal_hook::low_level::unregister(self.listener);
    }
}

/// Whether a wait is still wanted, as [`beamlit_auth::Call::while_waiting`] asks it: until Ctrl-C.
pub(crate) type Wanted<'a> = &'a dyn Fn() -> bool;

/// Makes a call whose waits Ctrl-C ends; `call` hands its argument to each of them.
///
/// # Errors
/// What the call fails with; `Cancelled` for Ctrl-C.
pub(crate) fn interruptible<T>(call: impl FnOnce(Wanted<'_>) -> Result<T>) -> Result<T> {
    let interrupt = Interrupt::listen()?;
    call(&|| !interrupt.came()).map_err(|error| match error.kind() {
        ErrorKind::Cancelled if !error.message().starts_with(INTERRUPTED) => interrupted(),
        _ => error,
    })
}

/// What Ctrl-C makes of a wait.
pub(crate) fn interrupted() -> Error {
    Error::new(ErrorKind::Cancelled, INTERRUPTED)
}

/// The same where somebody has to be told what that means.
pub(crate) fn interrupted_and(what: &str) -> Error {
    Error::new(ErrorKind::Cancelled, format!("{INTERRUPTED}; {what}"))
}

/// The signals that end a program which would otherwise run for ever.
pub(crate) struct End(Signals);

impl End {
    /// Listens from now on, so that nothing which comes before the wait is lost.
    pub(crate) fn listen() -> Result<Self> {
        Signals::new([SIGINT, SIGTERM]).map(Self).map_err(|error| unheard(&error))
    }

    /// Waits for one of them. Whether it was Ctrl-C.
    pub(crate) fn wait(&mut self) -> bool {
        self.0.forever().next() == Some(SIGINT)
    }
}

fn unheard(error: &io::Error) -> Error {
    Error::new(ErrorKind::InternalError, format!("signals cannot be listened to: {error}"))
}
