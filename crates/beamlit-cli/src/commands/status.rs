//! `bl status`: which credential is in use, and whether the platform accepts it.

use beamlit_auth::{Config, Error, ErrorKind, Explanation, Result, Session};
use clap::Args;

use crate::commands::explain::{picked, print};
use crate::interrupt::interruptible;
use crate::output::{self, Output};
use crate::settings::Settings;

const AFTER: &str = "\
The first line says what is used, the second where it is kept, whether it is renewed, and what that does to its refresh \
token (rotation). More lines say which variable hides a stored login, and what the store cannot promise where it lies.

With --json an object: ok, workspace, platform, api_url, credential, source, identity, expires_at (Unix seconds), \
renewable, header, origins, shadowing (variables that come before a stored login), mirror, store (file, memory, or \
null for none), rotation (none, grace:SECONDS, strict, or null where no refresh token is spent), hidden (null, or by and \
workspace of the stored login that a variable hides), weaker (a list of name and why: network_file_system, no_locks, \
no_hard_links, read_only, newer_format). Without a credential only ok, store and weaker. Objects may get more members.";

/// The arguments of `status`.
#[derive(Args)]
#[command(after_help = AFTER)]
pub(crate) struct Status {
    /// Ask the platform whether it accepts the credential
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Status {
    pub(crate) fn run(self, output: Output) -> Result<i32> {
        let config = self.settings.config(None)?;
        let explanation = config.explain();
        if self.check && explanation.is_ok() {
            return check(config, output);
        }
        print(output, &explanation, &summary(&explanation), &explanation.picked_json())
    }
}

/// Asks the platform. Its word is a part of the status, and no error of this command.
fn check(config: Config, output: Output) -> Result<i32> {
    let session = Session::open(config)?;
    let outcome = match interruptible(|wanted| session.call().while_waiting(wanted).check()) {
        Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
        outcome => outcome,
    };
    let (accepted, code) = match outcome.as_ref().map_err(Error::exit_code) {
        Ok(()) => (Some(true), 0),
        // Nothing to be sent, or refused: either is mended by a login.
        Err(3 | 6) => (Some(false), ErrorKind::LoginRequired.exit_code()),
        Err(code) => (None, code),
    };
    // As it is now, after a renewal.
    let explanation = session.explain();
    if output.json {
        let mut members = picked(&explanation);
        members["ok"] = (code == 0).into();
        members["accepted"] = accepted.into();
        members["error"] = outcome.as_ref().err().map(output::object).into();
        output::json(&members.to_string())?;
        return Ok(code);
    }
    let word = match (accepted, &outcome) {
        (Some(false), Err(error)) => format!("not accepted: {error}"),
        (_, Err(error)) => format!("not known whether it is accepted: {error}"),
        (_, Ok(())) => format!("accepted by {}", session.api_url()),
    };
    output::text(&format!("{}\n{word}", summary(&explanation)))?;
    Ok(code)
}

/// What was picked and how it is kept, without the links that were looked at, whose lines are set in.
fn summary(explanation: &Explanation) -> String {
    let text = explanation.to_string();
    text.lines().take_while(|line| !line.starts_with("  ")).collect::<Vec<_>>().join("\n")
}
