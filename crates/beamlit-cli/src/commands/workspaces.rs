//! `bl workspaces`: where somebody is logged in, and which login is used when no workspace is named.

use beamlit_auth::Result;
use clap::Args;
use serde_json::json;

use crate::output::{self, Output};
use crate::settings::Settings;

/// The arguments of `workspaces`.
#[derive(Args)]
pub(crate) struct Workspaces {
    /// Make this workspace the current one
    name: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

impl Workspaces {
    pub(crate) fn run(self, output: Output) -> Result<i32> {
        let config = self.settings.config(None)?;
        if let Some(name) = &self.name {
            config.set_current(name)?;
        }
        let workspaces = config.workspaces()?;
        if output.json {
            let object = json!({"workspaces": workspaces.names, "current": workspaces.current});
            return output::json(&object.to_string()).map(|()| 0);
        }
        if workspaces.names.is_empty() {
            output.news("nobody is logged in; `bl login WORKSPACE` does that");
        }
        for name in &workspaces.names {
            let mark = if workspaces.current.as_ref() == Some(name) { "* " } else { "  " };
            output::exactly(&[mark, name])?;
        }
        Ok(0)
    }
}
