//! The one helper of this workspace: `cargo xtask COMMAND`.
//!
//! It installs what a fresh machine lacks, runs the checks and the tests, writes the C header, measures, and installs
//! the C library. It uses the standard library only, so that it is built in a second or two.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program speaks on the terminal"
)]

mod arguments;
mod artifacts;
mod bench;
mod check;
mod demo;
mod dist;
mod header;
mod install;
mod lanes;
mod run;
mod sim;
mod sizes;
mod source;
mod stamp;
mod steps;
mod test;
mod workspace;

use std::process::ExitCode;

use arguments::Arguments;
use workspace::Workspace;

/// What a command of this program gives: a message of one or more lines when it failed.
type Outcome<T = ()> = Result<T, String>;

const USAGE: &str = "usage: cargo xtask COMMAND

  demo                           the whole library against the local emulator
  test [NAME] [--quick|--full]   every check and test, or the one step of that name
  check [--full]                 format, lints, layering, sizes, documentation, types
  header [--check]               write include/beamlit_auth.h, or compare it
  bench [--quick]                measure beside the floors and the peers
  sim [--seed N] [--schedules N] the engine in a simulated world; one schedule tells what happens in it
  sim --mutations                the simulation misses every rule that is taken away
  dist --prefix DIR              install headers, C libraries, pkg-config and CMake files
  steps                          the names that `test` knows";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let Some(outcome) = dispatch(&command, Arguments::new(words.collect())) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the command of that name; `None` when there is none.
fn dispatch(command: &str, arguments: Arguments) -> Option<Outcome> {
    let workspace = Workspace::find(command);
    Some(match command {
        "demo" => demo::command(&workspace, arguments),
        "test" => test::command(&workspace, arguments),
        "check" => check::command(&workspace, arguments),
        "header" => header::command(&workspace, arguments),
        "bench" => bench::command(&workspace, arguments),
        "sim" => sim::command(&workspace, arguments),
        "dist" => dist::command(&workspace, arguments),
        "steps" => test::names(arguments),
        _ => return None,
    })
}
