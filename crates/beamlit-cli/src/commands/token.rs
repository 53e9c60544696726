//! `bl token`: a token for a shell variable.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use beamlit_auth::{Result, Session};
use clap::Args;
use serde_json::json;

use crate::interrupt::interruptible;
use crate::output::{self, Output};
use crate::settings::{Settings, seconds};

/// The arguments of `token`.
#[derive(Args)]
pub(crate) struct Token {
    /// The workspace, as --workspace
    #[arg(value_name = "WORKSPACE")]
    name: Option<String>,
    /// How long the token must still be good for, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    min_valid: Option<Duration>,
    #[command(flatten)]
    settings: Settings,
}

impl Token {
    pub(crate) fn run(self, output: Output) -> Result<i32> {
        let session = Session::open(self.settings.config(self.name)?)?;
        let min_valid = self.min_valid.unwrap_or_default();
        let token =
            interruptible(|wanted| session.call().min_valid(min_valid).while_waiting(wanted).token())?;
        if !output.json {
            return output::exactly(&[token.reveal()]).map(|()| 0);
        }
        let object = json!({
            "access_token": token.reveal(),
            "token_type": token.token_type(),
            "expires_at": token.expires_at().and_then(unix_seconds),
            "scope": token.scope(),
            "workspace": session.workspace(),
        });
        output::json(&object.to_string()).map(|()| 0)
    }
}

fn unix_seconds(time: SystemTime) -> Option<u64> {
    time.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}
