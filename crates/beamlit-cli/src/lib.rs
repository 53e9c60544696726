//! The commands `bl` and `beamlit`: argument parsing and printing around [`beamlit_auth`].
//!
//! [`run`] is the whole program for any face that has arguments to pass: the binaries, and the console scripts of the
//! Python wheel. It reads the process environment and what `login` asks for on standard input, writes to standard output
//! and standard error, and changes nothing else of the process that outlasts the call, but for what [`run`] says of
//! signals.
#![forbid(unsafe_code)]

mod arguments;
mod browser;
mod commands;
mod elsewhere;
mod interrupt;
mod output;
mod settings;
mod standard_input;
mod terminal;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use beamlit_auth::{Error, ErrorKind, shutdown_spending};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::arguments::Parsed;
use crate::output::Output;

const _: () = assert!(
    log::STATIC_MAX_LEVEL as usize <= log::LevelFilter::Info as usize,
    "the HTTP library logs tokens below info, so the cap of this crate's Cargo.toml has to hold"
);

/// An end that takes longer is explained.
const QUIETLY: Duration = Duration::from_millis(300);
/// The longest that a request to a token endpoint takes.
const CALL_LIMIT: Duration = Duration::from_secs(20);

/// Runs one command; `arguments` are those after the program's name. Gives the exit code: 0, or that of
/// [`beamlit_auth::ErrorKind::exit_code`].
///
/// Standard output carries what was asked for and nothing else. An error is one line on standard error, or one JSON
/// object with `--json`.
///
/// # Blocking
/// Until the command has ended: the time limit of its flags at most, `login` until it is approved, refused or over, and
/// `emulator` until it is told to end. A renewal under way that spends a refresh token is waited for, 20 s at most,
/// after Ctrl-C too; standard output is at its end before that wait, for whoever reads it, and leads nowhere afterwards.
///
/// # Threads
/// From any thread. While a command waits it listens to SIGINT, and `emulator` to SIGTERM too; a function of the
/// program that was installed for that signal before is called as well, then and later. Where there was none, the
/// signal no longer ends the process by itself once this has returned, so a program is expected to end soon after.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let output = Output::guess(&arguments);
    let code = guarded(output, || match arguments::parse(arguments) {
        Ok(Parsed::Command(cli)) => commands::run(*cli),
        Ok(Parsed::Text(text)) => output::text(&text).map_or_else(|error| output.error(&error), |()| 0),
        Err(error) => output.error(&error),
    });
    finish(output);
    code
}

/// Waits for what must not be cut off: a process that ends while a refresh token is on its way may lose the login.
fn finish(output: Output) {
    let begun = Instant::now();
    if !shutdown_spending(QUIETLY) && begun.elapsed() >= QUIETLY {
        output::end();
        output.news("waiting for the answer to a renewal, so that the login is not lost");
        shutdown_spending(CALL_LIMIT);
    }
}

/// What both binaries do: [`run`], in a process of their own whose memory no crash writes to disk.
#[must_use]
pub fn main() -> ExitCode {
    // A panic's text may hold what was being worked on; `guarded` says that there was one.
    std::panic::set_hook(Box::new(|_| {}));
    // Neither is vital, and a sandbox may refuse both.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let code = run(std::env::args_os().skip(1));
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// The exit code of `work`, which is that of an internal error if it panics.
fn guarded(output: Output, work: impl FnOnce() -> i32) -> i32 {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        output.error(&Error::new(
            ErrorKind::InternalError,
            "the command panicked, which is a bug of beamlit-cli",
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::{Output, guarded};

    #[test]
    fn a_panic_is_an_internal_error_and_nothing_worse() {
        assert_eq!(guarded(Output::default(), || panic!("provoked")), 1);
        assert_eq!(guarded(Output::default(), || 130), 130);
    }
}
