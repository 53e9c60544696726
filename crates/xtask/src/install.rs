//! Installs what a fresh machine lacks: Debian packages, Python packages, npm packages, one cargo tool.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::run::about;
use crate::stamp;
use crate::workspace::Workspace;

/// Something of the system that is neither cargo's, pip's nor npm's.
pub(crate) struct Part {
    /// The Debian package.
    package: &'static str,
    probe: Probe,
}

/// How to see that a part is there already, whatever system this is.
enum Probe {
    /// The command answers.
    Runs(&'static [&'static str]),
    /// pkg-config knows the library.
    Library(&'static str),
}

/// What compiling a C program against the library takes, and the virtual environment.
pub(crate) const DEMO: &[Part] = &[
    Part { package: "gcc", probe: Probe::Runs(&["cc", "--version"]) },
    Part { package: "curl", probe: Probe::Runs(&["curl", "--version"]) },
    Part { package: "pkg-config", probe: Probe::Runs(&["pkg-config", "--version"]) },
    Part { package: "libcurl4-openssl-dev", probe: Probe::Library("libcurl") },
    Part { package: "python3-venv", probe: Probe::Runs(&["python3", "-c", "import ensurepip, venv"]) },
];

/// What the tests need beyond that.
pub(crate) const TESTS: &[Part] = &[
    Part { package: "g++", probe: Probe::Runs(&["g++", "--version"]) },
    Part { package: "clang", probe: Probe::Runs(&["clang++", "--version"]) },
    Part { package: "cmake", probe: Probe::Runs(&["cmake", "--version"]) },
    Part { package: "make", probe: Probe::Runs(&["make", "--version"]) },
    Part { package: "binutils", probe: Probe::Runs(&["nm", "--version"]) },
    Part { package: "valgrind", probe: Probe::Runs(&["valgrind", "--version"]) },
    Part { package: "redis-server", probe: Probe::Runs(&["redis-server", "--version"]) },
    Part { package: "openssl", probe: Probe::Runs(&["openssl", "version"]) },
    Part { package: "strace", probe: Probe::Runs(&["strace", "--version"]) },
    Part { package: "libnss-wrapper", probe: Probe::Library("nss_wrapper") },
    Part { package: "tinyproxy", probe: Probe::Runs(&["tinyproxy", "-v"]) },
    Part { package: "chromium", probe: Probe::Runs(&["chromium", "--version"]) },
    Part { package: "npm", probe: Probe::Runs(&["npm", "--version"]) },
];

/// Installs the parts that are missing, as root or through sudo; otherwise fails with the command that does it.
pub(crate) fn system(workspace: &Workspace, parts: &[&[Part]]) -> Outcome {
    let missing = missing(workspace, parts);
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    let script = format!("apt-get update && apt-get install -y --no-install-recommends {packages}");
    let Some(shell) = root_shell(workspace) else {
        let message = "parts are missing and this is not root; run this, then try again";
        return Err(format!("{message}:\n  sudo sh -c '{script}'"));
    };
    println!("installing {packages}");
    let script = format!("export DEBIAN_FRONTEND=noninteractive; {script}");
    workspace.run(shell[0]).args(&shell[1..]).arg(script).finish()
}

fn missing(workspace: &Workspace, parts: &[&[Part]]) -> Vec<&'static str> {
    let parts = parts.iter().copied().flatten();
    parts.filter(|part| !is_there(workspace, &part.probe)).map(|part| part.package).collect()
}

fn is_there(workspace: &Workspace, probe: &Probe) -> bool {
    let words = match probe {
        Probe::Runs(words) => words,
        Probe::Library(name) => &["pkg-config", "--exists", name][..],
    };
    workspace.run(words[0]).args(&words[1..]).output().is_ok()
}

/// The words before a shell script that is to run as root; `None` when that takes a password.
fn root_shell(workspace: &Workspace) -> Option<&'static [&'static str]> {
    if workspace.run("id").arg("-u").output().is_ok_and(|uid| uid == "0") {
        return Some(&["sh", "-c"]);
    }
    workspace.run("sudo").args(["-n", "true"]).output().ok()?;
    Some(&["sudo", "-n", "sh", "-c"])
}

/// The virtual environment in `target/venv` with the packages of `tests/python/requirements.txt`.
pub(crate) fn venv(workspace: &Workspace) -> Outcome {
    let list = workspace.root.join("tests/python/requirements.txt");
    let requirements = read(&list)?;
    let interpreter = interpreter(workspace)?;
    let python = workspace.python();
    stamp::once(workspace, "venv", &[&requirements, interpreter.as_bytes()], &python, || {
        let folder = workspace.target.join("venv");
        workspace.run(&interpreter).args(["-m", "venv", "--clear"]).arg(folder).finish()?;
        pip(workspace).args(["install", "--requirement"]).arg(list).finish()
    })
}

/// pip of the virtual environment, without questions.
pub(crate) fn pip(workspace: &Workspace) -> crate::run::Run {
    workspace.run(workspace.python()).args(["-m", "pip", "--disable-pip-version-check", "--no-input"])
}

/// The path of the first interpreter that is new enough.
fn interpreter(workspace: &Workspace) -> Outcome<String> {
    const PATH: &str = "import sys; sys.version_info < (3, 10) and sys.exit(1); print(sys.executable)";
    let names = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];
    let mut paths = names.iter().filter_map(|name| workspace.run(name).args(["-c", PATH]).output().ok());
    paths.next().ok_or("no Python of version 3.10 or later; install python3 and python3-venv".to_owned())
}

/// The packages of `tests/interop/package-lock.json`, in `target/npm/node_modules`.
pub(crate) fn npm(workspace: &Workspace) -> Outcome {
    let source = workspace.root.join("tests/interop");
    let folder = workspace.target.join("npm");
    let (package, lock) = (read(&source.join("package.json"))?, read(&source.join("package-lock.json"))?);
    stamp::once(workspace, "npm", &[&package, &lock], &folder.join("node_modules"), || {
        fs::create_dir_all(&folder).map_err(|error| about(&folder, &error))?;
        write(&folder.join("package.json"), &package)?;
        write(&folder.join("package-lock.json"), &lock)?;
        workspace.run("npm").args(["ci", "--no-fund", "--no-audit"]).folder(&folder).finish()
    })
}

/// cargo-deny in `target/tools`; building it takes minutes, so only what asks for it by name does.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Outcome<PathBuf> {
    const VERSION: &str = "0.20.2";
    let folder = workspace.target.join("tools");
    let program = folder.join("bin/cargo-deny");
    stamp::once(workspace, "cargo-deny", &[VERSION.as_bytes()], &program, || {
        let install = ["install", "cargo-deny", "--locked", "--version", VERSION, "--root"];
        workspace.cargo().args(install).arg(&folder).finish()
    })?;
    Ok(program)
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    fs::read(path).map_err(|error| about(path, &error))
}

fn write(path: &Path, bytes: &[u8]) -> Outcome {
    fs::write(path, bytes).map_err(|error| about(path, &error))
}
