//! `bl headers`: what authorizes a request, without a token in any argument.

use beamlit_auth::{Result, Session};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::interrupt::interruptible;
use crate::output::{self, Output};
use crate::settings::Settings;

/// The arguments of `headers`.
#[derive(Args)]
pub(crate) struct Headers {
    /// The request's URL
    url: String,
    /// The request's method
    #[arg(short = 'X', long, default_value = "GET")]
    method: String,
    #[command(flatten)]
    settings: Settings,
}

impl Headers {
    pub(crate) fn run(self, output: Output) -> Result<i32> {
        let session = Session::open(self.settings.config(None)?)?;
        let headers = interruptible(|wanted| {
            session.call().method(&self.method).while_waiting(wanted).headers(&self.url)
        })?;
        if output.json {
            let members: Map<String, Value> =
                headers.iter().map(|(name, value)| (name.into(), value.into())).collect();
            return output::json(&json!({"headers": members}).to_string()).map(|()| 0);
        }
        for (name, value) in &headers {
            output::exactly(&[name, ": ", value])?;
        }
        Ok(0)
    }
}
