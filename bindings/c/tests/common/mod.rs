//! What the tests of this crate share. A cdylib cannot be linked by a Rust test, so they build it, read its files and
//! drive it through C.
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses some of it")]

pub(crate) mod header;
pub(crate) mod programs;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// A folder of that name for whatever a test writes.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The folder that the library is in, built with the profile of this test.
pub(crate) fn library_folder() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        // target/PROFILE/deps/TEST
        let program = std::env::current_exe().unwrap();
        let folder = program.ancestors().nth(2).unwrap();
        let profile = folder.file_name().unwrap().to_str().unwrap();
        let profile = if profile == "debug" { "dev" } else { profile };
        let mut cargo = Command::new(env!("CARGO"));
        run(cargo
            .args(["build", "--quiet", "-p", "beamlit-auth-c", "--profile", profile])
            .current_dir(root()));
        folder.to_owned()
    });
    &FOLDER
}

/// Runs a program to its end.
///
/// # Panics
/// With what the program wrote, if it fails; with the package to install, if it is not there.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output();
    assert!(output.is_ok(), "{command:?} does not start: {output:?}; `cargo xtask test c` installs it");
    let output = output.unwrap();
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, transcript(&output));
    output
}

/// What a program wrote, for people.
pub(crate) fn transcript(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What a program wrote to its standard output, which has to succeed.
pub(crate) fn stdout(command: &mut Command) -> String {
    String::from_utf8(run(command).stdout).unwrap()
}

/// The flags that the header and every C program of ours have to pass.
pub(crate) const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-pedantic", "-Werror"];

/// The flags that the C++ header and every C++ program of ours have to pass.
pub(crate) const STRICT_CPP: [&str; 6] =
    ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"];
