//! `cargo xtask bench [--quick]`: this library beside the floors and its peers, as ratios of one run.

use std::path::Path;
use std::thread;
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
const LIMIT: Duration = Duration::from_secs(40 * 60);

pub(crate) fn command(workspace: &Workspace, mut arguments: Arguments) -> Outcome {
    let quick: &[&str] = if arguments.take_flag("--quick") { &["--quick"] } else { &[] };
    arguments.end()?;
    artifacts::system(workspace)?;
    install::venv(workspace)?;
    let home = workspace.target.join("bench");
    build(workspace, &home, quick)?;
    // Every wait in there has a bound of its own.
    workspace.run("python3").arg("tests/bench/run.py").args(quick).env("BENCH_HOME", &home).shown()
}

/// The peers beside ours: what is shipped is linked by one core alone.
fn build(workspace: &Workspace, home: &Path, quick: &[&str]) -> Outcome {
    let log = workspace.with_log("bench-peers");
    thread::scope(|scope| {
        let peers = scope.spawn(|| script(&log, home, "tests/bench/peers.sh", quick));
        let ours = build_ours(workspace, home);
        peers.join().unwrap_or_else(|_| Err("peers.sh could not be run".to_owned())).and(ours)
    })
}

fn build_ours(workspace: &Workspace, home: &Path) -> Outcome {
    dist::install(workspace, PROFILE, &home.join("prefix"))?;
    artifacts::build_wheel(workspace, PROFILE, &home.join("wheel"))?;
    script(workspace, home, "tests/bench/ours.sh", &[])
}

fn script(workspace: &Workspace, home: &Path, file: &str, arguments: &[&str]) -> Outcome {
    let script = workspace.run("bash").arg(file).args(arguments).env("BENCH_HOME", home);
    script.env("BENCH_PYTHON", workspace.python()).limit(LIMIT).finish()
}
