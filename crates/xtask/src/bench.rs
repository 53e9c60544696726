//! `cargo xtask bench [--quick]`: this library beside the floors and its peers, as ratios of one run.

use std::time::Duration;

use crate::Outcome;
use crate::arguments::Arguments;
use crate::artifacts;
use crate::dist;
use crate::install;
use crate::workspace::Workspace;

/// What is measured is what is shipped.
const PROFILE: &str = "release";
/// Installing and compiling the peers.
const SETUP_LIMIT: Duration = Duration::from_secs(40 * 60);

pub(crate) fn command(workspace: &Workspace, mut arguments: Arguments) -> Outcome {
    let quick: &[&str] = if arguments.take_flag("--quick") { &["--quick"] } else { &[] };
    arguments.end()?;
    artifacts::system(workspace)?;
    install::venv(workspace)?;
    let home = workspace.target.join("bench");
    dist::install(workspace, PROFILE, &home.join("prefix"))?;
    artifacts::build_wheel(workspace, PROFILE, &home.join("wheel"))?;
    let setup = workspace.run("bash").arg("tests/bench/setup.sh").args(quick).env("BENCH_HOME", &home);
    setup.env("BENCH_PYTHON", workspace.python()).limit(SETUP_LIMIT).finish()?;
    // Every wait in there has a bound of its own.
    workspace.run("python3").arg("tests/bench/run.py").args(quick).env("BENCH_HOME", &home).shown()
}
