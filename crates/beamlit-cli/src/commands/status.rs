//! `bl status`: which credential is in use, and whether the platform accepts it.

use beamlit_auth::{Config, Error, ErrorKind, Result, Session};
use clap::Args;

use crate::commands::explain::{picked, print};
use crate::interrupt::interruptible;
use crate::output::{self, Output};
use crate::settings::Settings;

/// The arguments of `status`.
#[derive(Args)]
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
        // The first line says what was picked; the others are the links that were looked at.
        let text = explanation.to_string();
        print(output, &explanation, first_line(&text), &explanation.picked_json())
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
    output::text(&format!("{}\n{word}", first_line(&explanation.to_string())))?;
    Ok(code)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
