//! Signals: Ctrl-C ends a wait, and what runs until it is told to end listens for that.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use beamlit_auth::{Error, ErrorKind, Result};
use signal_hook::SigId;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

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

/// Makes a call whose wait Ctrl-C ends; `call` hands its argument to [`beamlit_auth::Call::while_waiting`].
///
/// # Errors
/// What the call fails with; `Cancelled` for Ctrl-C.
pub(crate) fn interruptible<T>(call: impl FnOnce(&dyn Fn() -> bool) -> Result<T>) -> Result<T> {
    let interrupt = Interrupt::listen()?;
    call(&|| !interrupt.came()).map_err(|error| match error.kind() {
        ErrorKind::Cancelled => Error::new(ErrorKind::Cancelled, "interrupted"),
        _ => error,
    })
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
