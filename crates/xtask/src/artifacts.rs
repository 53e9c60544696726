//! What the tests and the demo run: the wheel in its virtual environment, the installed C library, the commands.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::dist;
use crate::install;
use crate::run::about;
use crate::steps::{Action, Step};
use crate::workspace::Workspace;

/// The cargo profile of everything that is tested: quick to compile. Sizes are taken from `release`.
pub(crate) const PROFILE: &str = "ci";

/// What other steps need.
pub(crate) const STEPS: &[Step] = &[
    Step::new("system", Action::Own(system)),
    Step::new("venv", Action::Own(install::venv)).needs(&["system"]),
    Step::new("npm", Action::Own(install::npm)).needs(&["system"]),
    Step::new("commands", Action::Own(commands)),
    Step::new("clients", Action::Own(clients)),
    Step::new("examples", Action::Cargo(EXAMPLES)),
    Step::new("prefix", Action::Own(prefix)).needs(&["system"]),
    Step::new("wheel", Action::Own(|workspace| wheel(workspace, PROFILE))).needs(&["venv"]),
    Step::new("playwright", Action::Script("tests/browser/playwright.sh")).needs(&["system"]),
    Step::new("jupyter", Action::Script("tests/browser/jupyter.sh")).needs(&["wheel"]),
    Step::new("tools", Action::Script("tests/platform-tools/install.sh")).needs(&["system"]),
];

/// The programs of `examples/rust`, which is a workspace of its own with a folder of its own for what it builds.
const EXAMPLES: &[&str] =
    &["build", "--locked", "--manifest-path", "examples/rust/Cargo.toml", "--target-dir", "target/examples"];

/// Where a test finds them. A program that is compiled against the prefix finds the rest through pkg-config.
pub(crate) fn environment(workspace: &Workspace) -> Vec<(&'static str, OsString)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(workspace.target.join("venv/bin")).chain(std::env::split_paths(&path));
    vec![
        ("BEAMLIT_PREFIX", prefix_folder(workspace).into()),
        ("BEAMLIT_BL", workspace.target.join(PROFILE).join("bl").into()),
        ("BEAMLIT_OIDC_LOGIN", workspace.target.join(PROFILE).join("examples/oidc-login").into()),
        ("BEAMLIT_EXAMPLES", workspace.target.join("examples/debug").into()),
        ("BEAMLIT_NPM", workspace.target.join("npm").into()),
        ("BEAMLIT_BROWSER", workspace.target.join("npm-browser").into()),
        ("BEAMLIT_JUPYTER", workspace.target.join("jupyter/bin").into()),
        ("BEAMLIT_PLATFORM_TOOLS", workspace.target.join("platform-tools").into()),
        ("PATH", std::env::join_paths(folders).unwrap_or(path)),
    ]
}

/// The folder that [`prefix`] installs the C library into.
pub(crate) fn prefix_folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("prefix")
}

/// Installs what checks and tests need of the system.
///
/// The commands call it before their first step as well, so that a person who has to type a password learns it at once.
pub(crate) fn system(workspace: &Workspace) -> Outcome {
    install::system(workspace, &[install::DEMO, install::TESTS])
}

/// Builds `bl` and `beamlit`.
pub(crate) fn commands(workspace: &Workspace) -> Outcome {
    workspace.cargo().args(["build", "--profile", PROFILE, "-p", "beamlit-cli"]).finish()
}

/// Builds the clients of `tests/faults` and `tests/interop` that are written in Rust.
fn clients(workspace: &Workspace) -> Outcome {
    let examples = ["--example", "faults-client", "--example", "oidc-login"];
    let core = ["build", "--profile", PROFILE, "-p", "beamlit-auth", "--features", "redis"];
    workspace.cargo().args(core).args(examples).finish()
}

/// Builds the C library and installs it below `target/prefix`.
pub(crate) fn prefix(workspace: &Workspace) -> Outcome {
    dist::install(workspace, PROFILE, &prefix_folder(workspace))
}

/// Builds the wheel and installs it into the virtual environment, which has to be there.
pub(crate) fn wheel(workspace: &Workspace, profile: &str) -> Outcome {
    let wheel = build_wheel(workspace, profile, &workspace.target.join("wheel").join(profile))?;
    let install = install::pip(workspace).args(["install", "--force-reinstall", "--no-deps", "--no-index"]);
    install.arg(wheel).finish()
}

/// Builds the wheel, the only one in that folder then, by the virtual environment's tools.
pub(crate) fn build_wheel(workspace: &Workspace, profile: &str, folder: &Path) -> Outcome<PathBuf> {
    // An older version's wheel must not be the one that is found below.
    let _ = fs::remove_dir_all(folder);
    let maturin = workspace.run(workspace.python()).args(["-m", "maturin", "build", "--profile", profile]);
    maturin.arg("--interpreter").arg(workspace.python()).arg("--out").arg(folder).finish()?;
    only_wheel(folder)
}

fn only_wheel(folder: &Path) -> Outcome<PathBuf> {
    let entries = fs::read_dir(folder).map_err(|error| about(folder, &error))?;
    let mut wheels = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let wheel = wheels.find(|path| path.extension().is_some_and(|extension| extension == "whl"));
    wheel.ok_or(format!("maturin left no wheel in {}", folder.display()))
}
