//! `bl explain`: which credential is in use, and why.

use beamlit_auth::{Config, ErrorKind, Explanation, Result};
use clap::Args;
use serde_json::Value;

use crate::output::{self, Output};
use crate::settings::Settings;

/// The arguments of `explain`.
#[derive(Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    settings: Settings,
}

impl Explain {
    pub(crate) fn run(self, output: Output) -> Result<i32> {
        let explanation = self.settings.config(None)?.explain();
        print(output, &explanation, &explanation.to_string(), &explanation.to_json())
    }
}

/// The members of `bl status`.
pub(crate) fn picked(explanation: &Explanation) -> Value {
    serde_json::from_str(&explanation.picked_json()).unwrap_or_default()
}

/// The variables whose credential wins over a stored login.
pub(crate) fn variables_that_win(config: &Config) -> Vec<String> {
    let picked = picked(&config.explain());
    let names = picked["shadowing"].as_array().into_iter().flatten();
    names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// Says which variables those are, where somebody may have thought of the stored login alone.
pub(crate) fn tell_variables_that_win(config: &Config, output: Output) {
    let names = variables_that_win(config);
    if !names.is_empty() {
        output.news(&format!("{} is set and comes before any stored login; unset it", names.join(", ")));
    }
}

/// Prints it in one of two forms. The exit code says whether a credential was picked.
pub(crate) fn print(output: Output, explanation: &Explanation, text: &str, json: &str) -> Result<i32> {
    if output.json {
        output::json(json)?;
    } else {
        output::text(text)?;
    }
    Ok(if explanation.is_ok() { 0 } else { ErrorKind::LoginRequired.exit_code() })
}
