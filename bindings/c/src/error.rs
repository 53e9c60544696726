//! Errors: what a failed call says about itself.

use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;

use crate::boundary::{c_string, guard, or_empty};
use crate::status::{BEAMLIT_OK, Status};

/// Why a call failed. Immutable; no text of it ever holds a secret.
///
/// A call with an `error` parameter writes one there if, and only if, it fails, and does not free what was there
/// before. Pass NULL to get none. Free it with `beamlit_error_free`.
#[expect(clippy::struct_field_names, reason = "the words are those of RFC 6749")]
pub struct Error {
    status: Status,
    message: CString,
    reason: CString,
    oauth_error: CString,
    oauth_error_description: CString,
    http_status: i32,
    retry_after_ms: i64,
}

impl From<&beamlit_core::Error> for Error {
    fn from(error: &beamlit_core::Error) -> Self {
        Self {
            status: error.kind().code(),
            message: c_string(error.message()),
            reason: c_string(error.reason().map_or("", beamlit_core::Reason::name)),
            oauth_error: c_string(error.oauth_error().unwrap_or_default()),
            oauth_error_description: c_string(error.oauth_error_description().unwrap_or_default()),
            http_status: error.http_status().map_or(0, i32::from),
            retry_after_ms: error
                .retry_after()
                .map_or(-1, |delay| i64::try_from(delay.as_millis()).unwrap_or(i64::MAX)),
        }
    }
}

/// Writes `failure` to where the caller wants it, and gives its status.
pub(crate) fn report(
    failure: &beamlit_core::Error,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> Status {
    if let Some(error) = error {
        error.write(Some(Box::new(failure.into())));
    }
    failure.kind().code()
}

/// The status of the call that failed; `BEAMLIT_OK` for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_error_status(error: Option<&Error>) -> Status {
    guard(BEAMLIT_OK, || error.map_or(BEAMLIT_OK, |error| error.status))
}

/// One line for people: what failed, where, and what to do next. The empty string for NULL.
///
/// The string belongs to the error and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_error_message(error: Option<&Error>) -> *const c_char {
    guard(or_empty(None), || or_empty(error.map(|error| error.message.as_c_str())))
}

/// Why a login is required, such as `no_credential` or `expired`; the empty string for every other status and for
/// NULL.
///
/// The string belongs to the error and lives as long. New reasons may be added.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_error_reason(error: Option<&Error>) -> *const c_char {
    guard(or_empty(None), || or_empty(error.map(|error| error.reason.as_c_str())))
}

/// The `error` member of the server's answer (RFC 6749 §5.2), made printable; the empty string if there was none and
/// for NULL.
///
/// The string belongs to the error and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_error_oauth_error(error: Option<&Error>) -> *const c_char {
    guard(or_empty(None), || or_empty(error.map(|error| error.oauth_error.as_c_str())))
}

/// The `error_description` member of the server's answer (RFC 6749 §5.2), made printable and cut at 512 characters;
/// the empty string if there was none and for NULL.
///
/// The string belongs to the error and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_error_oauth_error_description(error: Option<&Error>) -> *const c_char {
    guard(or_empty(None), || or_empty(error.map(|error| error.oauth_error_description.as_c_str())))
}

/// The HTTP status of the answer that failed; 0 if there was no answer and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_error_http_status(error: Option<&Error>) -> i32 {
    guard(0, || error.map_or(0, |error| error.http_status))
}

/// How many milliseconds to wait before the same call can succeed: 0 is now, -1 is never. -1 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_error_retry_after_ms(error: Option<&Error>) -> i64 {
    guard(-1, || error.map_or(-1, |error| error.retry_after_ms))
}

/// Frees an error and the strings that came from it. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_error_free(error: Option<Box<Error>>) {
    guard((), || drop(error));
}
