//! `bl logout`: ends a stored login.

use beamlit_auth::{Error, ErrorKind, Logout as Ended, Result, Session};
use clap::Args;
use serde_json::json;

use crate::commands::explain::tell_variables_that_win;
use crate::interrupt::interruptible;
use crate::output::{self, Output};
use crate::settings::Settings;

/// The arguments of `logout`.
#[derive(Args)]
pub(crate) struct Logout {
    /// The workspace, as --workspace
    #[arg(value_name = "WORKSPACE")]
    name: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

impl Logout {
    pub(crate) fn run(self, output: Output) -> Result<i32> {
        let name = self.name.clone().or_else(|| self.settings.workspace().map(str::to_owned));
        let login = self.settings.device_login();
        let config = self.settings.config(self.name)?;
        // The login that is stored, whatever the environment holds.
        let session = Session::open(config.clone().credential(login)).map_err(|error| nobody(name, error))?;
        let from = session.workspace().map(|name| format!(" of workspace {name}")).unwrap_or_default();
        let ended = interruptible(|wanted| session.call().while_waiting(wanted).logout())?;
        output.news(&format!("logged out{from}: {}", described(ended)));
        tell_variables_that_win(&config, output);
        if output.json {
            output::json(&json!({"revoked": ended.revoked, "deleted": ended.deleted}).to_string())?;
        }
        Ok(0)
    }
}

fn described(ended: Ended) -> &'static str {
    match (ended.revoked, ended.deleted) {
        (true, true) => "revoked at the server and deleted here",
        (true, false) => "revoked at the server; nothing was left to delete here",
        (false, true) => "deleted here, but not revoked: what was issued stays good until it expires",
        (false, false) => "nothing was left to revoke or to delete",
    }
}

/// What to say instead of how to log in.
fn nobody(workspace: Option<String>, error: Error) -> Error {
    let there = workspace.map(|name| format!(" to workspace {name}")).unwrap_or_default();
    match (error.kind(), error.reason()) {
        (ErrorKind::LoginRequired, Some(reason)) => Error::login_required(
            reason,
            format!("nobody is logged in{there}, so nothing was ended; `bl workspaces` lists the logins"),
        ),
        _ => error,
    }
}
