//! All that is printed goes through here.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, ErrorKind as IoErrorKind, IsTerminal as _, Write};

use beamlit_auth::{Error, ErrorKind, Reason, Result};
use clap::Args;
use serde_json::{Value, json};

/// How errors and objects are printed.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct Output {
    /// Print JSON, an error too
    #[arg(long, global = true, display_order = 900)]
    pub(crate) json: bool,
    /// Print no error and no news; the exit code says it
    #[arg(short, long, global = true, display_order = 900)]
    quiet: bool,
}

impl Output {
    /// What arguments ask for that may not even be valid, so that their own error is printed as asked.
    pub(crate) fn guess(arguments: &[OsString]) -> Self {
        let flags = arguments.iter().take_while(|argument| *argument != "--");
        let has = |names: &[&str]| flags.clone().any(|flag| names.iter().any(|name| flag == name));
        Self { json: has(&["--json"]), quiet: has(&["--quiet", "-q"]) }
    }

    /// Writes an error to standard error, as one line or one JSON object, and gives its exit code.
    pub(crate) fn error(self, error: &Error) -> i32 {
        if !self.quiet {
            // The terminal shows Ctrl-C itself, somewhere in a line.
            if error.kind() == ErrorKind::Cancelled && io::stderr().is_terminal() {
                to_stderr("");
            }
            to_stderr(&if self.json { ascii(&object(error).to_string()) } else { line(error.message()) });
        }
        error.exit_code()
    }

    /// Writes news to standard error, for people: not beside JSON.
    pub(crate) fn news(self, text: &str) {
        if !self.quiet && !self.json {
            note(text);
        }
    }
}

/// Writes text for people to standard output. What could move a cursor is written out.
pub(crate) fn text(text: &str) -> Result<()> {
    to_stdout(&[&lines(text), "\n"])
}

/// Writes `parts` to standard output exactly as they are, and ends the line.
pub(crate) fn exactly(parts: &[&str]) -> Result<()> {
    to_stdout(&[parts, &["\n"]].concat())
}

/// Writes a JSON text as one line to standard output, in ASCII.
pub(crate) fn json(json: &str) -> Result<()> {
    to_stdout(&[&ascii(json), "\n"])
}

/// Writes text beside the output, for people.
pub(crate) fn note(text: &str) {
    to_stderr(&lines(text));
}

/// Writes the text of a question to standard error; what is typed follows it on its line.
pub(crate) fn question(text: &str) {
    // As in `to_stderr`.
    let _ = write!(io::stderr().lock(), "{}", lines(text));
}

/// A failure to write to standard output, which a reader that has seen enough is not.
fn written(outcome: io::Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.kind() != IoErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::InternalError, format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Whoever reads standard output has all that there will be, however long this process waits yet.
pub(crate) fn end() {
    // Another file in its place: nobody who opens one later may find it under that number. Without one the reader waits.
    if let Ok(nothing) = File::options().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(nothing);
    }
}

fn to_stdout(parts: &[&str]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let mut outcome = parts.iter().try_for_each(|part| stdout.write_all(part.as_bytes()));
    outcome = outcome.and_then(|()| stdout.flush());
    written(outcome)
}

fn to_stderr(text: &str) {
    // Nobody is left to be told that standard error cannot be written.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The error as one line for people.
fn line(message: &str) -> String {
    format!("bl: {}", lines(&message.replace('\n', " ")))
}

/// The error's members, as every command writes them.
pub(crate) fn object(error: &Error) -> Value {
    json!({
        "kind": error.kind().name(),
        "reason": error.reason().map(Reason::name),
        "message": error.message(),
        "oauth_error": error.oauth_error(),
        "http_status": error.http_status(),
        // Whole seconds, rounded up: whoever waits so long does not come too early.
        "retry_after": error.retry_after().map(|delay| delay.as_secs() + u64::from(delay.subsec_nanos() > 0)),
        "exit_code": error.exit_code(),
    })
}

/// `text` with everything but plain characters and line ends written as an escape: argv, paths and variables are
/// other people's, and a terminal obeys control characters.
fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\'' | '"' | '\\' => out.push(c),
            _ => out.extend(c.escape_debug()),
        }
    }
    out
}

/// A JSON text in ASCII. In JSON, what is not ASCII stands in strings only, where an escape means the same.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if matches!(c, ' '..='~') {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use beamlit_auth::{Error, ErrorKind};
    use serde_json::{Value, json};

    use super::{ascii, line, lines, object};

    #[test]
    fn no_control_character_passes() {
        let hostile = "a\x1b]52;c;x\x07b\u{9b}31m\u{202e}c\u{2028}\u{200b}\r\0\u{7f}é\u{fe0f}";
        for safe in [lines(hostile), line(hostile), ascii(&json!(hostile).to_string())] {
            assert!(!safe.chars().any(|c| c.is_control() || !(c.is_ascii() || c == 'é')), "{safe:?}");
        }
        assert_eq!(line("two\nlines, \"quoted\""), "bl: two lines, \"quoted\"");
    }

    #[test]
    fn json_means_the_same_in_ascii() {
        let value = json!({"é": "\u{9b}\u{7f}\u{1d11e}\u{2028}\n"});
        let text = ascii(&value.to_string());
        assert!(text.is_ascii());
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn an_error_has_every_member() {
        let object = object(&Error::new(ErrorKind::ServerUnavailable, "busy"));
        let expected = json!({"kind": "server_unavailable", "reason": null, "message": "busy", "oauth_error": null,
            "http_status": null, "retry_after": 0, "exit_code": 4});
        assert_eq!(object, expected);
    }
}
