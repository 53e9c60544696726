//! Headers: names and values, ready to be attached to a request.

use std::ffi::c_char;

use smallvec::SmallVec;

use crate::boundary::{Wiped, guard, or_empty};

/// The headers of a request: an immutable copy that outlives its session.
pub struct Headers {
    /// For each header its name and its line, both ended by a NUL. The value is the end of the line.
    text: Wiped,
    /// In here, because memory of its own costs as much as the copy.
    places: SmallVec<[Place; 3]>,
    generation: u64,
}

/// Where in the text a header is.
struct Place {
    name: usize,
    line: usize,
    value: usize,
}

impl Headers {
    /// A copy and no shared snapshot, because counting references is what many threads would wait for.
    pub(crate) fn copy(headers: &beamlit_core::Headers) -> Self {
        let size = headers.iter().map(|(name, value)| 2 * name.len() + value.len() + "\0: \0".len()).sum();
        let mut text = Wiped::with_capacity(size);
        let mut places = SmallVec::new();
        for (name, value) in headers {
            let line = text.len() + name.len() + 1;
            places.push(Place { name: text.len(), line, value: line + name.len() + 2 });
            for part in [name, "\0", name, ": ", value, "\0"] {
                text.push(part);
            }
        }
        Self { text, places, generation: headers.generation() }
    }

    /// The text from where `place` says; the empty one past the last header and for NULL.
    fn text(headers: Option<&Self>, index: usize, place: impl FnOnce(&Place) -> usize) -> *const c_char {
        let text = headers.and_then(|headers| Some(headers.text.text(place(headers.places.get(index)?))));
        text.unwrap_or(or_empty(None))
    }
}

/// How many headers there are; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_headers_count(headers: Option<&Headers>) -> usize {
    guard(0, || headers.map_or(0, |headers| headers.places.len()))
}

/// The name of a header, the first one has index 0; the empty string past the last one and for NULL.
///
/// The string belongs to the headers and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_headers_name(headers: Option<&Headers>, index: usize) -> *const c_char {
    guard(or_empty(None), || Headers::text(headers, index, |place| place.name))
}

/// The value of a header; the empty string past the last one and for NULL.
///
/// The string belongs to the headers, and is wiped when they are freed. That of the first header is a secret.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_headers_value(headers: Option<&Headers>, index: usize) -> *const c_char {
    guard(or_empty(None), || Headers::text(headers, index, |place| place.value))
}

/// A header as one line `Name: value` without a line end, as libcurl takes it; the empty string past the last one and
/// for NULL.
///
/// The string belongs to the headers, and is wiped when they are freed. That of the first header is a secret.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_headers_line(headers: Option<&Headers>, index: usize) -> *const c_char {
    guard(or_empty(None), || Headers::text(headers, index, |place| place.line))
}

/// The number of the token in the headers, for `beamlit_session_headers` and `beamlit_session_invalidate`; 0 for
/// NULL.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_headers_generation(headers: Option<&Headers>) -> u64 {
    guard(0, || headers.map_or(0, |headers| headers.generation))
}

/// Frees headers and wipes them. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_headers_free(headers: Option<Box<Headers>>) {
    guard((), || drop(headers));
}
