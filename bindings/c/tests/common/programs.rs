//! Programs of `tests/c` and `tests/cpp`: compiled strictly, run against an emulator, searched for secrets.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use beamlit_emulator::Emulator;

use super::{STRICT, STRICT_CPP, library_folder, root, run, scratch, transcript};

/// How a program is compiled.
#[derive(Clone, Copy)]
pub(crate) enum Build {
    /// With the address and undefined-behaviour sanitizers.
    Checked,
    /// As it is, for what sanitizers disturb: time, forks, valgrind.
    Plain,
}

/// The test that runs: each has a folder of its own, so that no two write the same file.
fn this_test() -> String {
    std::thread::current().name().unwrap().replace(':', "_")
}

/// Compiles `tests/c/NAME.c`, and gives the program.
pub(crate) fn compile(name: &str, build: Build) -> PathBuf {
    let mut command = Command::new("cc");
    command.args(STRICT).args(["-std=c99", "-D_GNU_SOURCE"]).arg(root().join(format!("tests/c/{name}.c")));
    link(command, name, build)
}

/// Compiles `tests/cpp/NAME.cpp`, and gives the program.
pub(crate) fn compile_cpp(name: &str, build: Build) -> PathBuf {
    let mut command = Command::new("c++");
    command.args(STRICT_CPP).arg("-std=c++17").arg(root().join(format!("tests/cpp/{name}.cpp")));
    link(command, name, build)
}

/// Makes a program of what the compiler is given already.
pub(crate) fn link(mut command: Command, name: &str, build: Build) -> PathBuf {
    let (suffix, flags): (_, &[&str]) = match build {
        Build::Checked => ("checked", &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]),
        Build::Plain => ("plain", &[]),
    };
    let program = scratch(&this_test()).join(format!("{name}-{suffix}"));
    command.args(["-g", "-pthread"]).args(flags).arg("-I").arg(root().join("include"));
    command.arg("-o").arg(&program).arg(library_folder().join("libbeamlit_auth.so"));
    run(command.arg(format!("-Wl,-rpath,{}", soname_folder().display())));
    program
}

/// A folder in which the library has the name that programs load it by.
fn soname_folder() -> PathBuf {
    let folder = library_folder().join("c-soname");
    fs::create_dir_all(&folder).unwrap();
    let link = folder.join("libbeamlit_auth.so.0.1");
    if !link.exists() {
        // Another test may have made it meanwhile; a link that is really missing fails every program below.
        let _ = std::os::unix::fs::symlink("../libbeamlit_auth.so", &link);
    }
    folder
}

thread_local! {
    /// The home of this test's programs, empty when the first asks for it.
    static HOME: PathBuf = {
        let home = scratch(&this_test()).join("home");
        let _ = fs::remove_dir_all(&home);
        fs::create_dir(&home).unwrap();
        home
    };
}

/// The home of this test's programs.
pub(crate) fn home() -> PathBuf {
    HOME.with(PathBuf::clone)
}

/// The program with the environment that it expects, and with nothing of this user's: all programs of a test have one
/// home. It ends after five minutes.
pub(crate) fn command(program: &[&str], emulator: &Emulator) -> (Command, [String; 2]) {
    let (client_id, client_secret) = emulator.client_credentials("acme");
    let api_key = emulator.api_key("acme");
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "300"]).args(program).env_clear();
    command.envs(std::env::vars_os().filter(|(name, _)| ["PATH", "LANG"].iter().any(|kept| name == kept)));
    command.env("HOME", home()).env("TEST_API_URL", emulator.api_url()).env("TEST_CLIENT_ID", client_id);
    command.env("TEST_CLIENT_SECRET", &client_secret).env("TEST_API_KEY", &api_key);
    (command, [client_secret, api_key])
}

/// What the program wrote. It has succeeded, and told no secret.
pub(crate) fn check(output: &Output, secrets: &[String]) {
    let said = transcript(output);
    assert!(output.status.success(), "{}\n{said}", output.status);
    let leaked =
        secrets.iter().map(String::as_str).chain(["CANARY", "EMULATOR"]).find(|secret| said.contains(secret));
    assert!(leaked.is_none(), "a secret was printed:\n{said}");
}

/// Runs tests of a program; all that need no more than an emulator if none is named.
pub(crate) fn run_tests(name: &str, build: Build, tests: &[&str], emulator: &Emulator) {
    run_program(&compile(name, build), tests, emulator);
}

/// Runs tests of a compiled program; all that need no more than an emulator if none is named.
pub(crate) fn run_program(program: &Path, tests: &[&str], emulator: &Emulator) {
    let (mut command, secrets) = command(&[program.to_str().unwrap()], emulator);
    check(&command.args(tests).output().unwrap(), &secrets);
}

/// Runs a program that asks for things, a line of its standard output each, and goes on when it reads an answer. Gives
/// what it wrote besides.
pub(crate) fn converse(command: &mut Command, mut act: impl FnMut(&str)) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Both pipes are read all the time: a program that fills the other one would wait, and we for its next line.
    let mut stderr = child.stderr.take().unwrap();
    let errors = std::thread::spawn(move || {
        let mut errors = Vec::new();
        stderr.read_to_end(&mut errors).map(|_| errors).unwrap()
    });
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        act(&line.unwrap());
        // It may have ended meanwhile, which its status tells.
        let _ = stdin.write_all(b"\n");
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    Output { stderr: errors.join().unwrap(), ..output }
}
