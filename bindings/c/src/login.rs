//! Logins: what a person approves in a browser, on this or any other device, while the program shows the code.

use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;
use std::time::UNIX_EPOCH;

use crate::boundary::{Closed, c_string, guard, guard_call, guard_handle, needed, or_empty};
use crate::config::Config;
use crate::error::Error;
use crate::session::{Session, timeout};
use crate::status::{BEAMLIT_OK, BEAMLIT_PENDING, Status};

/// A login under way: start it, show the code, then poll it from a timer or wait for it. Any number of threads may do so
/// at once.
///
/// Nothing is stored before the person has approved.
pub struct Login {
    core: beamlit_core::Login,
    url: CString,
    user_code: CString,
    verification_uri: CString,
    verification_uri_complete: CString,
    closed: Closed,
}

impl From<beamlit_core::Login> for Login {
    fn from(core: beamlit_core::Login) -> Self {
        Self {
            url: c_string(core.url()),
            user_code: c_string(core.user_code()),
            verification_uri: c_string(core.verification_uri()),
            verification_uri_complete: c_string(core.verification_uri_complete()),
            core,
            closed: Closed::default(),
        }
    }
}

impl Login {
    fn closed(&self) -> &Closed {
        &self.closed
    }
}

/// Writes the session to where the caller wants it; without one the login is pending.
fn give(found: Option<beamlit_core::Session>, session: &mut MaybeUninit<Option<Box<Session>>>) -> Status {
    let Some(found) = found else { return BEAMLIT_PENDING };
    session.write(Some(Box::new(found.into())));
    BEAMLIT_OK
}

/// Starts a login with what the config says: a device login (RFC 8628), unless the config has another credential. An API
/// key and client credentials are verified and stored at once, and the first poll gives their session. NULL is the config
/// in which nothing is set. The variables of credentials are ignored.
///
/// Sends one request, or a few for another issuer, and waits at most `timeout_ms`; `BEAMLIT_TIMEOUT_DEFAULT` is the
/// config's time limit. Past it the requests go on, 20 seconds at most, but what they give is not kept: neither a code
/// nor a credential that was found good. Free the login with `beamlit_login_free`; the config may be freed at once.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_login_start(
    config: Option<&Config>,
    timeout_ms: i64,
    login: Option<&mut MaybeUninit<Option<Box<Login>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> Status {
    guard_call(config.map(Config::closed), error, || {
        let login = needed(login, "login")?;
        let core = Config::core(config)?;
        let started = match timeout(timeout_ms)? {
            Some(timeout) => beamlit_core::Login::start_timeout(core, timeout)?,
            None => beamlit_core::Login::start(core)?,
        };
        login.write(Some(Box::new(started.into())));
        Ok(BEAMLIT_OK)
    })
}

/// The link to open: with the code in it where the server offers that (RFC 8628 §3.3.1). The empty string if there is
/// nothing to approve and for NULL.
///
/// The string belongs to the login and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_login_url(login: Option<&Login>) -> *const c_char {
    guard(or_empty(None), || or_empty(login.map(|login| login.url.as_c_str())))
}

/// The code that the person enters, or compares with the one in the browser (RFC 8628 §3.3): printable ASCII, 64
/// characters at most. The empty string if there is nothing to approve and for NULL.
///
/// The string belongs to the login and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_login_user_code(login: Option<&Login>) -> *const c_char {
    guard(or_empty(None), || or_empty(login.map(|login| login.user_code.as_c_str())))
}

/// Where the person enters the code. The empty string if there is nothing to approve and for NULL.
///
/// The string belongs to the login and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_login_verification_uri(login: Option<&Login>) -> *const c_char {
    guard(or_empty(None), || or_empty(login.map(|login| login.verification_uri.as_c_str())))
}

/// The link that has the code in it. The empty string if the server offers none and for NULL.
///
/// The string belongs to the login and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_login_verification_uri_complete(login: Option<&Login>) -> *const c_char {
    guard(or_empty(None), || or_empty(login.map(|login| login.verification_uri_complete.as_c_str())))
}

/// When the code expires, in Unix seconds. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_login_expires_at_s(login: Option<&Login>) -> i64 {
    guard(0, || {
        let expires =
            login.map(|login| login.core.expires_at().duration_since(UNIX_EPOCH).unwrap_or_default());
        expires.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    })
}

/// How many milliseconds there are between two polls of the server, now: it may ask for more later (RFC 8628 §3.5). For
/// display; the calls below keep to it themselves. 0 if there is nothing to approve and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_login_interval_ms(login: Option<&Login>) -> i64 {
    guard_handle(login.map(Login::closed), 0, || {
        login.map_or(0, |login| i64::try_from(login.core.interval().as_millis()).unwrap_or(i64::MAX))
    })
}

/// Asks the server whether the person has approved, if that is due: one request at most. May be called at any rate, as
/// from a timer.
///
/// Answers `BEAMLIT_OK` and the session, which is the caller's to free with `beamlit_session_free`; `BEAMLIT_PENDING` if
/// it is not yet approved, or the answer is not there after `timeout_ms`: it is for a later poll then, so that 0 never
/// waits. `BEAMLIT_TIMEOUT_DEFAULT` is the config's time limit, 20 seconds at most. Later polls give another handle of
/// the same session.
///
/// Fails with `BEAMLIT_ACCESS_DENIED` if the person refused, `BEAMLIT_LOGIN_EXPIRED` if the code's time is over,
/// `BEAMLIT_CLOSED` after `beamlit_login_cancel`; and then every time. `BEAMLIT_CANCELLED` if that ended this very
/// call. A server that cannot be reached is asked again,
/// until the code expires.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_login_poll(
    login: Option<&Login>,
    timeout_ms: i64,
    session: Option<&mut MaybeUninit<Option<Box<Session>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> Status {
    guard_call(login.map(Login::closed), error, || {
        let (login, session) = (&needed(login, "login")?.core, needed(session, "session")?);
        let polled = match timeout(timeout_ms)? {
            Some(timeout) => login.poll_timeout(timeout)?,
            None => login.poll()?,
        };
        Ok(give(polled, session))
    })
}

/// Waits until the person has approved, polling the server as often as it allows.
///
/// Answers as `beamlit_login_poll` does, and `BEAMLIT_PENDING` if only the wait of `timeout_ms` ran out: waiting can then
/// go on. `BEAMLIT_TIMEOUT_DEFAULT` waits until the code expires.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_login_wait(
    login: Option<&Login>,
    timeout_ms: i64,
    session: Option<&mut MaybeUninit<Option<Box<Session>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> Status {
    guard_call(login.map(Login::closed), error, || {
        let (login, session) = (&needed(login, "login")?.core, needed(session, "session")?);
        let waited = match timeout(timeout_ms)? {
            Some(timeout) => login.wait_timeout(timeout)?,
            None => Some(login.wait()?),
        };
        Ok(give(waited, session))
    })
}

/// Gives the login up for good: whatever waits on it now fails with `BEAMLIT_CANCELLED`, every later call with
/// `BEAMLIT_CLOSED`, and an approval that comes later is not stored. Changes nothing if the login has ended before, or is
/// being stored. May be called from any thread, but not from a signal handler.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_login_cancel(login: Option<&Login>) {
    guard_handle(login.map(Login::closed), (), || {
        if let Some(login) = login {
            login.core.cancel();
        }
    });
}

/// Frees a login; the sessions that came of it stay. A login that has not ended is given up: nobody polls for it any more,
/// and an approval that comes later is not stored. NULL is fine. No other call on it may be under way.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_login_free(login: Option<Box<Login>>) {
    guard((), || drop(login));
}
