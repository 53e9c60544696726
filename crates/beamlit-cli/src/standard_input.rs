//! Secrets that come on standard input: an argument could be read by every process.

use beamlit_auth::{Error, ErrorKind, Result};

use crate::interrupt::Wanted;
use crate::terminal;

/// The `-` that stands for standard input.
#[derive(Clone)]
pub(crate) struct StandardInput;

/// Reads an argument that has to be `-`. The text is not repeated: it may be the secret itself.
pub(crate) fn standard_input(text: &str) -> std::result::Result<StandardInput, &'static str> {
    match text {
        "-" => Ok(StandardInput),
        _ => Err(
            "a secret in an argument can be read by every process; give - and the secret on standard input",
        ),
    }
}

/// A secret from standard input, which nobody sees if it is a terminal; `what` it is, in a word.
pub(crate) fn read(question: &str, what: &str, wanted: Wanted<'_>) -> Result<String> {
    let is_terminal = terminal::is_input();
    let text =
        if is_terminal { terminal::ask_secretly(question, wanted)? } else { terminal::read_all(wanted)? };
    text.filter(|text| !text.is_empty()).ok_or_else(|| {
        let message = if is_terminal {
            format!("nothing was entered; run it again and paste the {what}")
        } else {
            format!("standard input is empty; give the {what} there")
        };
        Error::new(ErrorKind::InvalidArgument, message)
    })
}
