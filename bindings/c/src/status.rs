//! Status numbers. A test holds them against the core's list of kinds.

use std::ffi::{CString, c_char};
use std::sync::LazyLock;

use beamlit_core::ErrorKind;

use crate::boundary::{c_string, guard, or_empty};

/// What a call answers: 0 on success, 1 to 999 for what is no failure, and 1000 and up for failures.
///
/// The family of a failure is `status / 1000`: 1 internal, 2 usage, 3 login required, 4 network or server, 5 store,
/// 6 denied, 130 cancelled. It is also the exit code of the command line. Numbers are never reused and new ones are
/// added at the end of their family: treat an unknown number as its family.
pub type Status = i32;

/// Success.
pub const BEAMLIT_OK: Status = 0;
/// The headers are still those of the generation that was passed. No failure; the output is untouched.
pub const BEAMLIT_NOT_MODIFIED: Status = 1;
/// The login is not approved yet. No failure; the output is untouched.
pub const BEAMLIT_PENDING: Status = 2;

/// A bug or a panic of the library; the handle that met it is closed.
pub const BEAMLIT_INTERNAL_ERROR: Status = 1000;

/// An argument that cannot be used: NULL, not UTF-8, a bad URL or name, an unknown field.
pub const BEAMLIT_INVALID_ARGUMENT: Status = 2000;
/// A setting or a variable that cannot be used, or two that contradict each other.
pub const BEAMLIT_INVALID_CONFIG: Status = 2001;
/// The URL is no origin of this session (`beamlit_config_allow_origin`), or an emulator's token would leave the
/// machine.
pub const BEAMLIT_ORIGIN_REFUSED: Status = 2002;
/// The server or this library lacks what was asked for, or header and library differ.
pub const BEAMLIT_UNSUPPORTED: Status = 2003;
/// The handle met an internal error before and is closed, or the login was cancelled.
pub const BEAMLIT_CLOSED: Status = 2004;

/// Nobody is logged in, or the login is of no use any more; `beamlit_error_reason` says which.
pub const BEAMLIT_LOGIN_REQUIRED: Status = 3000;
/// The code of a login, or the wait for the browser, ran out.
pub const BEAMLIT_LOGIN_EXPIRED: Status = 3001;

/// Name lookup, connect, reset, or an answer that was cut off.
pub const BEAMLIT_NETWORK_ERROR: Status = 4000;
/// The server's certificate or TLS version was refused; the message says which check failed.
pub const BEAMLIT_TLS_ERROR: Status = 4001;
/// The proxy refused, or wants credentials (407).
pub const BEAMLIT_PROXY_ERROR: Status = 4002;
/// The caller's time limit passed.
pub const BEAMLIT_DEADLINE_EXCEEDED: Status = 4003;
/// The server asked for fewer requests (429).
pub const BEAMLIT_RATE_LIMITED: Status = 4004;
/// The server cannot answer now: 5xx or 408.
pub const BEAMLIT_SERVER_UNAVAILABLE: Status = 4005;
/// An answer that the RFC does not allow: HTML, malformed, too large, a redirect.
pub const BEAMLIT_INVALID_RESPONSE: Status = 4006;
/// An issuer, state, nonce, signature or token type is not the expected one. Worth an alert.
pub const BEAMLIT_VERIFICATION_FAILED: Status = 4007;
/// Any other OAuth `error` of the server (RFC 6749 §5.2).
pub const BEAMLIT_OAUTH_ERROR: Status = 4008;

/// The store cannot be used now: permission, full disk, no connection.
pub const BEAMLIT_STORE_UNAVAILABLE: Status = 5000;
/// The store's own key is missing, locked or wrong.
pub const BEAMLIT_STORE_LOCKED: Status = 5001;
/// Another holder outlasted the wait, or another host wrote first.
pub const BEAMLIT_STORE_BUSY: Status = 5002;
/// An entry of the store fails its check and could not be set aside.
pub const BEAMLIT_STORE_CORRUPT: Status = 5003;

/// The person refused, or the server answered 403.
pub const BEAMLIT_ACCESS_DENIED: Status = 6000;
/// The client or the API key is not accepted.
pub const BEAMLIT_INVALID_CLIENT: Status = 6001;
/// The caller's own code, assertion or token was refused.
pub const BEAMLIT_INVALID_GRANT: Status = 6002;
/// The scope or the resource is not granted.
pub const BEAMLIT_INVALID_SCOPE: Status = 6003;

/// The wait was given up by `beamlit_session_cancel`.
pub const BEAMLIT_CANCELLED: Status = 130_000;

/// The name of a status, such as `login_required`; the empty string for a number that this library does not know.
///
/// The string is static.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_status_name(status: Status) -> *const c_char {
    guard(or_empty(None), || match status {
        BEAMLIT_OK => c"ok".as_ptr(),
        BEAMLIT_NOT_MODIFIED => c"not_modified".as_ptr(),
        BEAMLIT_PENDING => c"pending".as_ptr(),
        failure => {
            let kind = ErrorKind::ALL.iter().position(|kind| kind.code() == failure);
            or_empty(kind.map(|kind| KIND_NAMES[kind].as_c_str()))
        }
    })
}

/// The names of [`ErrorKind::ALL`], which C needs to end in a NUL.
static KIND_NAMES: LazyLock<Vec<CString>> =
    LazyLock::new(|| ErrorKind::ALL.iter().map(|kind| c_string(kind.name())).collect());
