//! Versions: of the library that is loaded, and of the header that the caller was compiled with.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use beamlit_core::ErrorKind;

use crate::boundary::{guard, guard_call};
use crate::error::Error;
use crate::status::{BEAMLIT_OK, Status};

/// Ends in a NUL for C.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// The version of the library, such as `0.1.0`; that of the header is `BEAMLIT_VERSION`.
///
/// The string is static.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_version() -> *const c_char {
    guard(c"".as_ptr(), || VERSION.as_ptr().cast())
}

/// Whether a program that was compiled with this header works with the library that is loaded: pass
/// `BEAMLIT_VERSION_NUMBER`.
///
/// Answers `BEAMLIT_OK`, or `BEAMLIT_UNSUPPORTED` if the two differ in the first two numbers, or the header is the
/// newer one.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_version_check(
    header_version_number: u32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> Status {
    guard_call(None, error, || {
        let library = library_version_number();
        if header_version_number >> 8 == library >> 8 && header_version_number <= library {
            return Ok(BEAMLIT_OK);
        }
        let [_, major, minor, patch] = header_version_number.to_be_bytes();
        let message = format!(
            "the program was compiled with the header of version {major}.{minor}.{patch} and runs with the library of \
             version {}; compile it again",
            env!("CARGO_PKG_VERSION")
        );
        Err(beamlit_core::Error::new(ErrorKind::Unsupported, message))
    })
}

/// `0xMMmmpp`.
fn library_version_number() -> u32 {
    let part = |text: &str| text.parse::<u32>().unwrap_or(0);
    part(env!("CARGO_PKG_VERSION_MAJOR")) << 16
        | part(env!("CARGO_PKG_VERSION_MINOR")) << 8
        | part(env!("CARGO_PKG_VERSION_PATCH"))
}
