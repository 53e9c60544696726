//! `bl status` and `bl explain`: which credential is in use, in short and at length.

use beamlit_auth::{ErrorKind, Explanation, Result};
use clap::Args;

use crate::output::{self, Output};
use crate::settings::Settings;

/// The arguments of `status` and `explain`.
#[derive(Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    settings: Settings,
}

impl Explain {
    pub(crate) fn status(self, output: Output) -> Result<i32> {
        let explanation = self.explanation()?;
        // The first line says what was picked; the others are the links that were looked at.
        let text = explanation.to_string();
        print(output, &explanation, text.lines().next().unwrap_or_default(), &explanation.picked_json())
    }

    pub(crate) fn explain(self, output: Output) -> Result<i32> {
        let explanation = self.explanation()?;
        print(output, &explanation, &explanation.to_string(), &explanation.to_json())
    }

    fn explanation(self) -> Result<Explanation> {
        Ok(self.settings.config(None)?.explain())
    }
}

fn print(output: Output, explanation: &Explanation, text: &str, json: &str) -> Result<i32> {
    if output.json {
        output::json(json)?;
    } else {
        output::text(text)?;
    }
    Ok(if explanation.is_ok() { 0 } else { ErrorKind::LoginRequired.exit_code() })
}
