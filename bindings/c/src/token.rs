//! Tokens: an access token or an API key as text, for whoever cannot take headers.

use std::ffi::{CString, c_char};
use std::time::UNIX_EPOCH;

use crate::boundary::{Wiped, c_string, guard, or_empty};

/// An access token, or an API key: an immutable snapshot that outlives its session.
#[expect(clippy::struct_field_names, reason = "the words are those of RFC 6749")]
pub struct Token {
    revealed: Wiped,
    token_type: CString,
    scope: CString,
    expires_at_s: i64,
    generation: u64,
}

impl From<&beamlit_core::Token> for Token {
    fn from(token: &beamlit_core::Token) -> Self {
        let mut revealed = Wiped::with_capacity(token.reveal().len() + 1);
        revealed.push(token.reveal());
        revealed.push("\0");
        let since_epoch = token.expires_at().map(|time| time.duration_since(UNIX_EPOCH).unwrap_or_default());
        Self {
            revealed,
            token_type: c_string(token.token_type()),
            scope: c_string(token.scope()),
            expires_at_s: since_epoch.map_or(-1, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX)),
            generation: token.generation(),
        }
    }
}

/// The secret text; the empty string for NULL.
///
/// The string belongs to the token, and is wiped when that is freed. Copies are the caller's to protect.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_token_reveal(token: Option<&Token>) -> *const c_char {
    guard(or_empty(None), || token.map_or(or_empty(None), |token| token.revealed.text(0)))
}

/// `Bearer` (RFC 6750) for an access token; the empty string for an API key and for NULL.
///
/// The string belongs to the token and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_token_type(token: Option<&Token>) -> *const c_char {
    guard(or_empty(None), || or_empty(token.map(|token| token.token_type.as_c_str())))
}

/// The scope that the server granted, words separated by blanks; the empty string if it said nothing and none was
/// asked for, and for NULL.
///
/// The string belongs to the token and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_token_scope(token: Option<&Token>) -> *const c_char {
    guard(or_empty(None), || or_empty(token.map(|token| token.scope.as_c_str())))
}

/// When the token expires, in Unix seconds; -1 does not expire. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_token_expires_at_s(token: Option<&Token>) -> i64 {
    guard(0, || token.map_or(0, |token| token.expires_at_s))
}

/// The number of this token, for `beamlit_session_invalidate`; each new token of a session has a higher one. 0 for
/// NULL.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_token_generation(token: Option<&Token>) -> u64 {
    guard(0, || token.map_or(0, |token| token.generation))
}

/// Frees a token and wipes it. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_token_free(token: Option<Box<Token>>) {
    guard((), || drop(token));
}
