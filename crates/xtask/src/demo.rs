//! `cargo xtask demo`: the whole library against the local emulator, with nothing but what this program installs.

use crate::Outcome;
use crate::arguments::Arguments;
use crate::artifacts;
use crate::install;
use crate::workspace::Workspace;

pub(crate) fn command(workspace: &Workspace, arguments: Arguments) -> Outcome {
    arguments.end()?;
    install::system(workspace, &[install::DEMO])?;
    install::venv(workspace)?;
    artifacts::commands(workspace)?;
    artifacts::prefix(workspace)?;
    artifacts::wheel(workspace, artifacts::PROFILE)
}
