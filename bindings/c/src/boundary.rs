//! The boundary to C: panics stop here, and pointers to text become text. The one file with `unsafe` blocks.

use std::ffi::{CStr, CString, c_char};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;
use std::sync::atomic::{AtomicBool, Ordering};

use beamlit_core::{ErrorKind, Result};
use zeroize::Zeroize as _;

use crate::error::{Error, report};
use crate::status::Status;

/// Runs the body of an export that has no status. A panic gives `fallback`.
pub(crate) fn guard<R>(fallback: R, body: impl FnOnce() -> R) -> R {
    attempt(None, body).unwrap_or(fallback)
}

/// [`guard`] for a handle that a panic closes. A closed one gives `fallback` at once.
pub(crate) fn guard_handle<R>(closed: Option<&Closed>, fallback: R, body: impl FnOnce() -> R) -> R {
    attempt(closed, body).unwrap_or(fallback)
}

/// Runs the body of an export that has a status, and reports its failure. A panic is an `INTERNAL_ERROR` and closes
/// the handle, which answers `CLOSED` from then on.
pub(crate) fn guard_call(
    closed: Option<&Closed>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
    body: impl FnOnce() -> Result<Status>,
) -> Status {
    match attempt(closed, body) {
        Ok(Ok(status)) => status,
        Ok(Err(failure)) => report(&failure, error),
        Err(lost) => report(&lost.into(), error),
    }
}

/// Whether a panic has closed a handle.
#[derive(Default)]
pub(crate) struct Closed(AtomicBool);

/// Why a body gave no result.
pub(crate) enum Lost {
    /// A panic of an earlier call closed the handle.
    Closed,
    /// The body panicked.
    Panicked,
}

impl From<Lost> for beamlit_core::Error {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Closed => {
                Self::new(ErrorKind::Closed, "an internal error closed this handle; free it and make another")
            }
            Lost::Panicked => Self::new(
                ErrorKind::InternalError,
                "a panic, which is a bug of beamlit-auth; the handle is closed",
            ),
        }
    }
}

fn attempt<R>(closed: Option<&Closed>, body: impl FnOnce() -> R) -> std::result::Result<R, Lost> {
    if closed.is_some_and(|closed| closed.0.load(Ordering::Acquire)) {
        return Err(Lost::Closed);
    }
    // What the body leaves half done is of no consequence: nobody looks into a closed handle again.
    catch_unwind(AssertUnwindSafe(body)).map_err(|_| {
        if let Some(closed) = closed {
            closed.0.store(true, Ordering::Release);
        }
        Lost::Panicked
    })
}

/// Has children that this program forks let go of what is their parent's. Children of theirs inherit that.
pub(crate) fn look_after_forks() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if !DONE.swap(true, Ordering::Relaxed) {
        // SAFETY: the function stays where it is, because this library is never unloaded, and it takes no lock. Without
        // memory for it there are no such children, and they are served all the same.
        let _ = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    }
}

extern "C" fn in_child() {
    guard((), beamlit_core::forked);
}

/// What must not be NULL: a handle, or the place of an output.
///
/// # Errors
/// `InvalidArgument` that names the parameter.
#[inline]
pub(crate) fn needed<T>(pointer: Option<T>, parameter: &str) -> Result<T> {
    pointer.ok_or_else(|| wrong(parameter, "is NULL"))
}

/// The text that `parameter` points to, for as long as the call lasts.
///
/// # Errors
/// `InvalidArgument` that names the parameter if it is NULL or not UTF-8.
#[inline]
pub(crate) fn text<'a>(pointer: &'a *const c_char, parameter: &str) -> Result<&'a str> {
    if pointer.is_null() {
        return Err(wrong(parameter, "is NULL"));
    }
    // SAFETY: the caller passes NUL-terminated text that nobody changes during the call, as the header's part
    // "Strings" asks; the borrow of the parameter keeps the result from outliving the call.
    let text = unsafe { CStr::from_ptr(*pointer) };
    if text.to_bytes().is_ascii() {
        // SAFETY: ASCII is UTF-8. Told apart first, because short texts are checked for UTF-8 byte by byte, which took a
        // third of the hot path.
        return Ok(unsafe { std::str::from_utf8_unchecked(text.to_bytes()) });
    }
    text.to_str().map_err(|_| wrong(parameter, "is not UTF-8"))
}

/// The bytes that `parameter` points to, for as long as the call lasts.
///
/// # Errors
/// `InvalidArgument` that names the parameter if it is NULL, which it may be where there are none.
pub(crate) fn bytes<'a>(pointer: &'a *const u8, size: usize, parameter: &str) -> Result<&'a [u8]> {
    match size {
        0 => Ok(&[]),
        _ if pointer.is_null() => Err(wrong(parameter, "is NULL")),
        _ if isize::try_from(size).is_err() => Err(wrong(parameter, "is larger than memory")),
        // SAFETY: the caller passes as many bytes as it says, which nobody changes during the call; the borrow of the
        // parameter keeps the result from outliving the call.
        _ => Ok(unsafe { slice::from_raw_parts(*pointer, size) }),
    }
}

/// An `InvalidArgument` that names the parameter; out of the way of the calls that succeed.
#[cold]
#[inline(never)]
pub(crate) fn wrong(parameter: &str, what: &str) -> beamlit_core::Error {
    beamlit_core::Error::new(ErrorKind::InvalidArgument, format!("{parameter} {what}"))
}

/// `text` for C. No text of the core holds a NUL; if one did, it would end there.
pub(crate) fn c_string(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(&text.as_bytes()[..end]).unwrap_or_default()
}

/// Bytes that are wiped when they go.
///
/// In one sweep, where `Zeroizing<Vec<u8>>` takes as long for a token as everything else of a call together.
pub(crate) struct Wiped(Vec<u8>);

impl Wiped {
    /// Empty; it must never hold more than `capacity` bytes, because it would leave a copy behind as it grows.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Appends a text.
    pub(crate) fn push(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// The text from `start` to its NUL; the empty one where there is nothing.
    pub(crate) fn text(&self, start: usize) -> *const c_char {
        self.0.get(start..).map_or(or_empty(None), |text| text.as_ptr().cast())
    }

    /// How many bytes there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

/// The text that an accessor answers, or the empty one.
pub(crate) fn or_empty(text: Option<&CStr>) -> *const c_char {
    text.unwrap_or_default().as_ptr()
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::{Closed, c_string, guard, guard_call, guard_handle};
    use crate::status::{BEAMLIT_CLOSED, BEAMLIT_INTERNAL_ERROR, BEAMLIT_OK};

    fn panic() -> bool {
        panic!("on purpose")
    }

    #[test]
    fn a_panic_gives_the_fallback() {
        assert_eq!(guard(7, || i32::from(panic())), 7);
        assert_eq!(guard(7, || 8), 8);
    }

    #[test]
    fn a_panic_is_reported_and_closes_the_handle() {
        let closed = Closed::default();
        assert_eq!(guard_call(Some(&closed), None, || Ok(BEAMLIT_OK)), BEAMLIT_OK);
        let mut slot = MaybeUninit::new(None);
        let status = guard_call(Some(&closed), Some(&mut slot), || {
            panic();
            Ok(BEAMLIT_OK)
        });
        assert_eq!(status, BEAMLIT_INTERNAL_ERROR);
        let status = guard_call(Some(&closed), Some(&mut slot), || Ok(BEAMLIT_OK));
        assert_eq!(status, BEAMLIT_CLOSED);
        assert!(!guard_handle(Some(&closed), false, || true));
    }

    #[test]
    fn a_panic_without_a_status_closes_the_handle_too() {
        let closed = Closed::default();
        assert!(!guard_handle(Some(&closed), false, panic));
        assert_eq!(guard_call(Some(&closed), None, || Ok(BEAMLIT_OK)), BEAMLIT_CLOSED);
    }

    #[test]
    fn text_for_c_ends_at_a_nul() {
        assert_eq!(c_string("a\0b").as_c_str(), c"a");
    }
}
