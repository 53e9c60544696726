//! `cargo xtask test`: the checks, then everything that runs.

use crate::Outcome;
use crate::arguments::Arguments;
use crate::steps::{self, Action, Cost, Step};
use crate::workspace::Workspace;
use crate::{artifacts, check, sim};

/// The tests. A new one is a line here; what it needs is named in [`artifacts::STEPS`].
///
/// Each crate is tested by a cargo of its own: the artefacts cap `log` by a feature, and features unify.
const STEPS: &[Step] = &[
    Step::new("xtask", Action::Test(&["-p", "xtask"])),
    Step::new("rust-core", Action::Test(&["-p", "beamlit-auth", "--features", "redis"])).needs(&["npm"]),
    Step::new("sim", Action::Own(sim::schedules)).cost(Cost::Slow),
    Step::new("sim-mutations", Action::Own(sim::mutations)).cost(Cost::Slow),
    Step::new("protocol-long", Action::Own(sim::protocol)).cost(Cost::Full),
    Step::new("sim-long", Action::Own(sim::more)).cost(Cost::Full),
    Step::new("rust-emulator", Action::Test(&["-p", "beamlit-emulator"])),
    Step::new("rust-cli", Action::Test(&["-p", "beamlit-cli"])),
    Step::new("mirror-long", Action::Test(&["-p", "beamlit-cli", "--test", "mirror", "--", "--ignored"]))
        .cost(Cost::Full),
    Step::new("c", Action::Test(&["-p", "beamlit-auth-c"])).needs(&["prefix"]),
    Step::new("python", Action::Pytest("tests/python")).needs(&["wheel", "commands"]),
    Step::new("redis", Action::Pytest("tests/redis"))
        .needs(&["wheel", "prefix", "commands", "clients"])
        .cost(Cost::Slow),
    Step::new("faults", Action::Pytest("tests/faults"))
        .needs(&["wheel", "prefix", "commands", "clients"])
        .cost(Cost::Slow),
    Step::new("faults-long", Action::Script("tests/faults/long.sh"))
        .needs(&["wheel", "prefix", "commands", "clients"])
        .cost(Cost::Full),
    Step::new("interop", Action::Pytest("tests/interop"))
        .needs(&["wheel", "prefix", "commands", "clients", "npm"])
        .cost(Cost::Slow),
    Step::new("platform-tools", Action::Pytest("tests/platform-tools"))
        .needs(&["wheel", "tools"])
        .cost(Cost::Slow),
    Step::new("browser", Action::Script("tests/browser/run.sh"))
        .needs(&["playwright", "commands"])
        .cost(Cost::Slow),
    // The journeys start JupyterLab once by themselves.
    Step::new("notebook", Action::Script("tests/browser/notebook.sh"))
        .needs(&["system", "commands", "wheel"])
        .cost(Cost::Full),
    Step::new("journeys", Action::Pytest("tests/journeys"))
        .needs(&["wheel", "prefix", "commands", "examples", "playwright", "jupyter"])
        .cost(Cost::Slow),
];

pub(crate) fn command(workspace: &Workspace, mut arguments: Arguments) -> Outcome {
    let (quick, full) = (arguments.take_flag("--quick"), arguments.take_flag("--full"));
    let name = arguments.take_word();
    arguments.end()?;
    if let Some(name) = name {
        return steps::run_one(workspace, find(&name)?);
    }
    artifacts::system(workspace)?;
    let cost = if full {
        Cost::Full
    } else if quick {
        Cost::Quick
    } else {
        Cost::Slow
    };
    steps::run(workspace, &[check::STEPS, STEPS], cost)
}

/// Prints the names that [`command`] takes.
pub(crate) fn names(arguments: Arguments) -> Outcome {
    arguments.end()?;
    for step in all() {
        println!("{}", step.name);
    }
    Ok(())
}

fn find(name: &str) -> Outcome<&'static Step> {
    let step = all().find(|step| step.name == name);
    step.ok_or(format!("no step is called {name:?}; `cargo xtask steps` lists them"))
}

fn all() -> impl Iterator<Item = &'static Step> {
    artifacts::STEPS.iter().chain(check::STEPS).chain(STEPS)
}
