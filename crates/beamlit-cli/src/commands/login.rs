//! `bl login`: obtains a credential once, verifies it and stores it for every program of this person.

mod choice;
mod display;
mod method;

use std::time::Duration;

use beamlit_auth::{Config, ErrorKind, Login as Started, Result, Session};
use clap::Args;
use serde_json::Value;

use crate::commands::explain::{picked, tell_variables_that_win, variables_that_win};
use crate::commands::login::display::Display;
use crate::commands::login::method::Method;
use crate::interrupt::{Wanted, interruptible};
use crate::output::Output;
use crate::settings::Settings;

/// How often a program hears that nobody has approved, at most.
const SECOND: Duration = Duration::from_secs(1);
/// How often an answer that is none is put up with.
const ATTEMPTS: usize = 3;

/// The arguments of `login`.
#[derive(Args)]
pub(crate) struct Login {
    /// The workspace, as --workspace
    #[arg(value_name = "WORKSPACE")]
    name: Option<String>,
    #[command(flatten)]
    method: Method,
    /// Log in even if a login is stored that can be used
    #[arg(long)]
    force: bool,
    /// Open no browser
    #[arg(long)]
    no_open: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Login {
    pub(crate) fn run(self, output: Output) -> Result<i32> {
        let mut display = Display::new(output, !self.no_open);
        let outcome = interruptible(|wanted| self.log_in(output, &mut display, wanted));
        outcome.inspect_err(|error| display.error(error)).map(|()| 0)
    }

    fn log_in(self, output: Output, display: &mut Display, wanted: Wanted<'_>) -> Result<()> {
        let command = self.command();
        // Only a login in a browser is made as a client of one's choice.
        let method = self.method.or_device(self.settings.names_client());
        let login = method.scoped(self.settings.device_login());
        let config = self.settings.config(self.name)?;
        let stored = match stored(config.clone().credential(login.clone())) {
            // What is replaced need not fit.
            Err(_) if self.force => None,
            found => found?,
        };
        let handed_over = method.handed_over(output, wanted)?;
        if let Some(session) = stored.filter(|_| handed_over.is_none() && !self.force)
            && is_usable(&session, wanted)?
        {
            make_current(&config, &session)?;
            let text = format!("already {}; --force logs in again", description(&session));
            return display.success(members(&config, &session), &text);
        }
        let credential = match handed_over {
            Some(credential) => credential,
            None => method.choose(login, output, &command, wanted)?,
        };
        let session = obtain(config.clone().credential(credential), output, display, wanted)?;
        display.success(members(&config, &session), &description(&session))?;
        if !method.takes_variables() {
            tell_variables_that_win(&config, output);
        }
        Ok(())
    }

    /// The command, as far as it is the same with any method.
    fn command(&self) -> String {
        let name = self.name.as_deref().or(self.settings.workspace());
        name.map_or("bl login".to_owned(), |name| format!("bl login {name}"))
    }
}

/// The session of what is stored. A store that cannot be read is for the login to mend, or to fail with.
fn stored(config: Config) -> Result<Option<Session>> {
    let mended = [ErrorKind::LoginRequired, ErrorKind::StoreUnavailable].map(ErrorKind::exit_code);
    match Session::open(config) {
        Ok(session) => Ok(Some(session)),
        Err(error) if mended.contains(&error.exit_code()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether it gives a token, renewed if that is due. Whatever prevents that, a new login mends or fails with too.
fn is_usable(session: &Session, wanted: Wanted<'_>) -> Result<bool> {
    match session.call().while_waiting(wanted).token() {
        Err(error) if error.kind() == ErrorKind::Cancelled => Err(error),
        outcome => Ok(outcome.is_ok()),
    }
}

/// Logs in, with a person if it takes one. An approval that comes after the end of this is not stored.
fn obtain(config: Config, output: Output, display: &mut Display, wanted: Wanted<'_>) -> Result<Session> {
    let login = Started::start_while(config, wanted)?;
    approved(&login, display, wanted).or_else(|error| choice::choose(&login, error, output, wanted))
}

fn approved(login: &Started, display: &mut Display, wanted: Wanted<'_>) -> Result<Session> {
    if !login.user_code().is_empty() {
        display.codes(login)?;
    }
    loop {
        if let Some(session) = login.wait_while(login.interval().max(SECOND), wanted)? {
            return Ok(session);
        }
        display.pending(login.interval())?;
    }
}

/// The workspace that somebody asked to be logged in to is the current one, logged in already or not.
fn make_current(config: &Config, session: &Session) -> Result<()> {
    match session.workspace() {
        Some(name) if config.workspaces()?.current.as_deref() != Some(name) => config.set_current(name),
        _ => Ok(()),
    }
}

/// The members of `bl status`, and the variables that will win over the login, which the login itself ignored.
fn members(config: &Config, session: &Session) -> Value {
    let mut members = picked(&session.explain());
    members["shadowing"] = variables_that_win(config).into();
    members
}

fn description(session: &Session) -> String {
    let to = session.workspace().map(|name| format!(" to workspace {name}")).unwrap_or_default();
    let at = if session.api_url().is_empty() { session.platform() } else { session.api_url() };
    let kind = picked(&session.explain())["credential"].as_str().unwrap_or_default().to_owned();
    format!("logged in{to} at {at} ({kind})")
}
