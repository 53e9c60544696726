//! Explanations: which credential is used and why.

use std::ffi::{CString, c_char};

use crate::boundary::{c_string, guard, or_empty};

/// Which credential is used and why: each link of the chain, what was looked at, what was picked. Holds no secret.
pub struct Explanation {
    json: CString,
    text: CString,
}

impl From<&beamlit_core::Explanation> for Explanation {
    fn from(explanation: &beamlit_core::Explanation) -> Self {
        Self { json: c_string(&explanation.to_json()), text: c_string(&explanation.to_string()) }
    }
}

/// The explanation as one JSON object with `version`, `picked` (null if nothing was) and `links`; the empty string for
/// NULL. Members may be added; ignore those that are unknown.
///
/// The string belongs to the explanation and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_explanation_json(explanation: Option<&Explanation>) -> *const c_char {
    guard(or_empty(None), || or_empty(explanation.map(|explanation| explanation.json.as_c_str())))
}

/// The explanation for people, several lines without a final line end; the empty string for NULL.
///
/// The string belongs to the explanation and lives as long.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_explanation_text(explanation: Option<&Explanation>) -> *const c_char {
    guard(or_empty(None), || or_empty(explanation.map(|explanation| explanation.text.as_c_str())))
}

/// Frees an explanation. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn beamlit_explanation_free(explanation: Option<Box<Explanation>>) {
    guard((), || drop(explanation));
}
