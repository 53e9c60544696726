//! `cargo xtask check`: what can be said about the code without running it.

use crate::Outcome;
use crate::arguments::Arguments;
use crate::artifacts;
use crate::install;
use crate::sim;
use crate::sizes;
use crate::steps::{self, Action, Cost, Step};
use crate::workspace::Workspace;

/// The checks. A new one is a line here.
pub(crate) const STEPS: &[Step] = &[
    Step::new("fmt", Action::Cargo(&["fmt", "--all", "--check"])),
    Step::new("clippy", Action::Cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])),
    Step::new("clippy-sim", Action::Own(sim::clippy)),
    Step::new("layering", Action::Test(&["-p", "beamlit-auth", "--test", "layering"])),
    Step::new("sizes", Action::Own(sizes::check)),
    Step::new("rustdoc", Action::Own(rustdoc)),
    Step::new("ruff", Action::Python(&["ruff", "check"])).needs(&["venv"]),
    Step::new("ruff-format", Action::Python(&["ruff", "format", "--check"])).needs(&["venv"]),
    Step::new("mypy", Action::Python(&["mypy", "--strict", "python", "tests/python", "examples/python"]))
        .needs(&["venv"]),
    Step::new("stubtest", Action::Python(&["mypy.stubtest", "beamlit_auth"])).needs(&["wheel"]),
    Step::new("deny", Action::Own(deny)).cost(Cost::Full),
];

pub(crate) fn command(workspace: &Workspace, mut arguments: Arguments) -> Outcome {
    let cost = if arguments.take_flag("--full") { Cost::Full } else { Cost::Slow };
    arguments.end()?;
    artifacts::system(workspace)?;
    steps::run(workspace, &[STEPS], cost)
}

/// The documentation of every crate that has one, private items too, since their links break as well.
fn rustdoc(workspace: &Workspace) -> Outcome {
    let doc = workspace.cargo().args(["doc", "--workspace", "--no-deps", "--document-private-items"]);
    doc.env("RUSTDOCFLAGS", "-D warnings").finish()
}

/// Licences, bans and sources of all dependencies.
///
/// The tool looks at every system's dependencies, so those are fetched first that no build has needed yet.
fn deny(workspace: &Workspace) -> Outcome {
    let program = install::cargo_deny(workspace)?;
    workspace.cargo().args(["fetch", "--locked"]).finish()?;
    workspace.run(program).args(["--offline", "check", "licenses", "bans", "sources"]).finish()
}
