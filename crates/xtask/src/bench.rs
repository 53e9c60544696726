//! `cargo xtask bench [--quick]`: this library beside the floors and its peers, as ratios of one run.

use std::time::Duration;

use crate::Outcome;
use crate::arguments::Arguments;
use crate::install;
use crate::workspace::Workspace;

/// The full run takes about an hour.
const LIMIT: Duration = Duration::from_secs(3 * 60 * 60);

pub(crate) fn command(workspace: &Workspace, mut arguments: Arguments) -> Outcome {
    let quick: &[&str] = if arguments.take_flag("--quick") { &["--quick"] } else { &[] };
    arguments.end()?;
    install::system(workspace, &[install::DEMO])?;
    let home = workspace.target.join("bench");
    workspace
        .run("bash")
        .arg("tests/bench/setup.sh")
        .args(quick)
        .env("BENCH_HOME", &home)
        .limit(LIMIT)
        .finish()?;
    workspace.run("python3").arg("tests/bench/run.py").args(quick).env("BENCH_HOME", &home).shown()
}
