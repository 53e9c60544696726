//! `cargo xtask header [--check]`: the C header from the exports of `bindings/c`.

use crate::Outcome;
use crate::arguments::Arguments;
use crate::workspace::Workspace;

/// The generator is a test of `bindings/c`, so that this program need not wait for cbindgen to be built.
pub(crate) fn command(workspace: &Workspace, mut arguments: Arguments) -> Outcome {
    let check = arguments.take_flag("--check");
    arguments.end()?;
    let run = workspace.cargo().args(["test", "-p", "beamlit-auth-c", "--test", "header"]);
    let run = if check { run } else { run.env("BEAMLIT_WRITE_HEADER", "1") };
    run.finish()
}
