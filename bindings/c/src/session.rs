//! Sessions: a credential that is kept alive, and what it gives.

use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;
use std::time::Duration;

use beamlit_core::{Call, Result};

use crate::boundary::{
    Closed, c_string, guard, guard_call, guard_handle, look_after_forks, needed, or_empty, text, wrong,
};
use crate::config::Config;
use crate::error::Error;
use crate::explanation::Explanation;
use crate::headers::Headers;
use crate::status::{BEAMLIT_NOT_MODIFIED, BEAMLIT_OK, Status};
use crate::token::Token;

/// The header's `BEAMLIT_TIMEOUT_DEFAULT`.
const TIMEOUT_DEFAULT: i64 = -1;

/// In the outcome of a logout: the server revoked the refresh token (RFC 7009).
pub const BEAMLIT_LOGOUT_REVOKED: u32 = 1;
/// In the outcome of a logout: the login was in the store, and is not any more.
pub const BEAMLIT_LOGOUT_DELETED: u32 = 2;

/// A credential that is kept alive, and the headers it gives. One session serves any number of threads.
pub struct Session {
    core: beamlit_core::Session,
    workspace: CString,
    api_url: CString,
    closed: Closed,
}

impl From<beamlit_core::Session> for Session {
    fn from(core: beamlit_core::Session) -> Self {
        look_after_forks();
        Self {
            workspace: c_string(core.workspace().unwrap_or_default()),
            api_url: c_string(core.api_url()),
            core,
            closed: Closed::default(),
        }
    }
}

impl Session {
    fn closed(&self) -> &Closed {
        &self.closed
    }

    /// A call that waits for `timeout_ms`.
    fn call(&self, timeout_ms: i64) -> Result<Call<'_>> {
        let call = self.core.call();
        Ok(match timeout(timeout_ms)? {
            Some(timeout) => call.timeout(timeout),
            None => call,
        })
    }
}

/// A time limit as C passes it; `None` is the default. The core cuts what is too long.
///
/// # Errors
/// `InvalidArgument` for other negative numbers.
pub(crate) fn timeout(timeout_ms: i64) -> Result<Option<Duration>> {
    if timeout_ms == TIMEOUT_DEFAULT { Ok(None) } else { duration(timeout_ms, "timeout_ms").map(Some) }
}

fn duration(milliseconds: i64, parameter: &str) -> Result<Duration> {
    match u64::try_from(milliseconds) {
        Ok(milliseconds) => Ok(Duration::from_millis(milliseconds)),
        Err(_) => Err(wrong(parameter, "is negative")),
    }
}

/// Opens a session: settles the config with the process environment and finds the credential. NULL is the config in
/// which nothing is set. Local and quick: no network, no prompt.
///
/// Fails with the first bad value of the config, or `BEAMLIT_LOGIN_REQUIRED` if no credential is found. Free the
/// session with `beamlit_session_free`; the config may be freed at once.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_session_open(
    config: Option<&Config>,
    session: Option<&mut MaybeUninit<Option<Box<Session>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> Status {
    guard_call(config.map(Config::closed), error, || {
        let session = needed(session, "session")?;
        let core = beamlit_core::Session::open(Config::core(config)?)?;
        session.write(Some(Box::new(core.into())));
        Ok(BEAMLIT_OK)
    })
}

/// Gives the headers for a request to `url`.
///
/// `method` is the request's method; NULL is GET. `generation` is that of the headers that the caller holds, or 0: if
/// they are still the right ones, the answer is `BEAMLIT_NOT_MODIFIED` and `headers` is left alone. Otherwise `headers`
/// is the caller's to free with `beamlit_headers_free`.
///
/// Refuses a URL that the credential was not issued for with `BEAMLIT_ORIGIN_REFUSED`: pass the URL of each request,
/// and ask again at each redirect. libcurl must not follow those by itself (`CURLOPT_FOLLOWLOCATION`): to another host it
/// leaves out `Authorization` alone; `examples/c/redirects.c` follows by hand.
///
/// Answers from memory while the token is fresh; otherwise waits for the one renewal under way, at most `timeout_ms`, and
/// fails with what that failed with once no valid token is left.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_session_headers(
    session: Option<&Session>,
    method: *const c_char,
    url: *const c_char,
    generation: u64,
    timeout_ms: i64,
    headers: Option<&mut MaybeUninit<Option<Box<Headers>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> Status {
    guard_call(session.map(Session::closed), error, || {
        let call = needed(session, "session")?.call(timeout_ms)?;
        let method = if method.is_null() { "GET" } else { text(&method, "method")? };
        let (url, headers) = (text(&url, "url")?, needed(headers, "headers")?);
        let copy = |lent: &_| Box::new(Headers::copy(lent));
        let Some(copy) = call.method(method).with_headers(url, generation, copy)? else {
            return Ok(BEAMLIT_NOT_MODIFIED);
        };
        headers.write(Some(copy));
        Ok(BEAMLIT_OK)
    })
}

/// Gives the access token, or the API key, for whoever cannot take headers. It is good for no other service than the
/// one it was issued for, and that is the caller's to see to.
///
/// `min_valid_ms` is how long the token must still be good for, in milliseconds; it is cut to what a new token has.
/// Waits as `beamlit_session_headers` does. Free the token with `beamlit_token_free`.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_session_token(
    session: Option<&Session>,
    min_valid_ms: i64,
    timeout_ms: i64,
    token: Option<&mut MaybeUninit<Option<Box<Token>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> Status {
    guard_call(session.map(Session::closed), error, || {
        let call = needed(session, "session")?.call(timeout_ms)?;
        let call = call.min_valid(duration(min_valid_ms, "min_valid_ms")?);
        let token = needed(token, "token")?;
        token.write(Some(Box::new(Token::from(&call.token()?))));
        Ok(BEAMLIT_OK)
    })
}

/// Renews the token if that is due, never by force, and waits for it.
///
/// Fails with what the renewal failed with, even though a valid token may be left.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_session_renew(
    session: Option<&Session>,
    timeout_ms: i64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> Status {
    guard_call(session.map(Session::closed), error, || {
        needed(session, "session")?.call(timeout_ms)?.renew()?;
        Ok(BEAMLIT_OK)
    })
}

/// Discards the token of `generation`, because a server answered 401 to it; no other one. Whether asking again gives
/// another token: false for an API key, for a token that itself came of a 401 less than a minute ago, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_session_invalidate(session: Option<&Session>, generation: u64) -> bool {
    guard_handle(session.map(Session::closed), false, || {
        session.is_some_and(|session| session.core.invalidate(generation))
    })
}

/// Explains which credential this session uses and why. Local: asks nobody. Free the explanation with
/// `beamlit_explanation_free`.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_session_explain(
    session: Option<&Session>,
    explanation: Option<&mut MaybeUninit<Option<Box<Explanation>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> Status {
    guard_call(session.map(Session::closed), error, || {
        let (session, explanation) = (needed(session, "session")?, needed(explanation, "explanation")?);
        explanation.write(Some(Box::new(Explanation::from(&session.core.explain()))));
        Ok(BEAMLIT_OK)
    })
}

/// Ends the stored login: revokes its refresh token where the server can, then deletes it, and writes which of the two
/// happened to `outcome`, as the sum of `BEAMLIT_LOGOUT_REVOKED` and `BEAMLIT_LOGOUT_DELETED`. Sessions
/// of this process that share the login's tokens end with it, those of other processes with their token.
///
/// Sends one request, and waits at most `timeout_ms` for its end; past that, and after `beamlit_session_cancel`, the
/// logout itself goes on, 20 seconds at most. A server that cannot be reached does not keep the login. Fails with `BEAMLIT_INVALID_ARGUMENT` if the session has no stored login: a
/// credential that the caller holds is none.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_session_logout(
    session: Option<&Session>,
    timeout_ms: i64,
    outcome: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> Status {
    guard_call(session.map(Session::closed), error, || {
        let (session, outcome) = (needed(session, "session")?, needed(outcome, "outcome")?);
        let logout = session.call(timeout_ms)?.logout()?;
        let bit = |happened, bit| if happened { bit } else { 0 };
        outcome
            .write(bit(logout.revoked, BEAMLIT_LOGOUT_REVOKED) | bit(logout.deleted, BEAMLIT_LOGOUT_DELETED));
        Ok(BEAMLIT_OK)
    })
}

/// Ends whatever waits on this session now with `BEAMLIT_CANCELLED`. A renewal under way goes on, and later calls are
/// unaffected. May be called from any thread, but not from a signal handler, and the session must outlive the call.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_session_cancel(session: Option<&Session>) {
    guard_handle(session.map(Session::closed), (), || {
        if let Some(session) = session {
            session.core.cancel();
        }
    });
}

/// The workspace; the empty string if none is set and for NULL.
///
/// The string belongs to the session and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_session_workspace(session: Option<&Session>) -> *const c_char {
    guard(or_empty(None), || or_empty(session.map(|session| session.workspace.as_c_str())))
}

/// The API's base URL without a trailing slash; the empty string for an issuer whose API nobody named and for NULL.
///
/// The string belongs to the session and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_session_api_url(session: Option<&Session>) -> *const c_char {
    guard(or_empty(None), || or_empty(session.map(|session| session.api_url.as_c_str())))
}

/// Frees a session and forgets its tokens; the tokens, headers and explanations that it gave stay. NULL is fine. No
/// other call on it may be under way.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_session_free(session: Option<Box<Session>>) {
    guard((), || drop(session));
}
