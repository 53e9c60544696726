//! What `cargo xtask dist` installs: a C program finds it through pkg-config and through `CMake`, wherever it is moved.
#![expect(clippy::unwrap_used, reason = "the functions here fail the test that calls them")]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use beamlit_emulator::Emulator;
use common::{STRICT, root, run, scratch, stdout, transcript};

/// The installed library, made by the step that the test runner has run before, else made now.
fn installed() -> &'static Path {
    static PREFIX: LazyLock<PathBuf> = LazyLock::new(|| {
        if let Some(prefix) = std::env::var_os("BEAMLIT_PREFIX") {
            return prefix.into();
        }
        let mut xtask = Command::new(env!("CARGO"));
        run(xtask.args(["run", "--quiet", "-p", "xtask", "--", "test", "prefix"]).current_dir(root()));
        Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("prefix")
    });
    &PREFIX
}

/// A copy of it at a place of that name, which it was not installed to.
fn copy(name: &str) -> PathBuf {
    let place = scratch("dist").join(name);
    let _ = fs::remove_dir_all(&place);
    run(Command::new("cp").arg("-a").arg(installed()).arg(&place));
    place
}

/// What pkg-config says of the library below `prefix`.
fn pkg_config(prefix: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")).args(arguments);
    stdout(&mut command).split_whitespace().map(str::to_owned).collect()
}

/// A language that the example is written in.
struct Language {
    /// Its folder, which is also how its files end.
    name: &'static str,
    compiler: &'static str,
    flags: &'static [&'static str],
}

const C: Language = Language { name: "c", compiler: "cc", flags: &["-std=c99"] };
const CPP: Language = Language { name: "cpp", compiler: "c++", flags: &["-std=c++17"] };

/// The example's program, compiled by hand with what pkg-config says.
fn by_pkg_config(prefix: &Path, folder: &Path, language: &Language) -> PathBuf {
    let program = folder.join(format!("models-{}", language.name));
    let source = format!("examples/{}/models.{}", language.name, language.name);
    let mut command = Command::new(language.compiler);
    command.args(STRICT).args(language.flags).arg(root().join(source)).arg("-o").arg(&program);
    command.args(pkg_config(prefix, &["--cflags", "--libs", "beamlit-auth", "libcurl"]));
    run(command.arg(format!("-Wl,-rpath,{}", prefix.join("lib").display())));
    program
}

/// The example's folder, built by `CMake`.
fn by_cmake(prefix: &Path, folder: &Path, language: &Language) {
    let mut command = Command::new("cmake");
    command.arg("-S").arg(root().join("examples").join(language.name)).arg("-B").arg(folder);
    run(command.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display())));
    run(Command::new("cmake").arg("--build").arg(folder));
}

/// Runs a build of the example, and sees that it lists models.
fn check(program: &Path, emulator: &Emulator) {
    let mut command = Command::new(program);
    command.env("BL_API_URL", emulator.api_url()).env("BL_API_KEY", emulator.api_key("acme"));
    let answer = stdout(command.env("BL_WORKSPACE", "acme"));
    assert!(answer.starts_with('[') && answer.contains("\"metadata\""), "{answer}");
    let asked = emulator.requests().pop().unwrap();
    assert_eq!((asked.path.as_str(), asked.status), ("/v0/models", Some(200)));
}

/// Builds the example in every way, and runs it.
fn check_every_way(prefix: &Path, build: &str) {
    let emulator = Emulator::start().unwrap();
    let folder = scratch(build);
    for language in [C, CPP] {
        check(&by_pkg_config(prefix, &folder, &language), &emulator);
        let made = folder.join(language.name);
        by_cmake(prefix, &made, &language);
        check(&made.join("models"), &emulator);
        check(&made.join("models-static"), &emulator);
    }
    check_login(&folder.join(C.name), &emulator);
}

/// Logs in with one example, approves what it shows, and lists models with the other, which has no key then.
fn check_login(folder: &Path, emulator: &Emulator) {
    emulator.configure(|settings| settings.interval_s = 1);
    let home = folder.join("home");
    fs::create_dir_all(&home).unwrap();
    let command = |program: &str| {
        let mut command = Command::new(folder.join(program));
        command.env_clear().env("HOME", &home).env("BL_API_URL", emulator.api_url());
        command
    };
    let mut login = command("login");
    let mut login = login.arg("acme").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut shown = String::new();
    BufReader::new(login.stderr.take().unwrap()).read_line(&mut shown).unwrap();
    let (uri, code) = shown.strip_prefix("open ").unwrap().trim().split_once(" and enter ").unwrap();
    assert!(uri.starts_with("http://127.0.0.1:") && emulator.approve(code), "{shown}");
    let output = login.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    assert!(output.stdout.starts_with(b"Authorization: Bearer ") && output.stdout.ends_with(b": acme\n"));
    let answer = stdout(&mut command("models"));
    assert!(answer.starts_with('[') && answer.contains("\"metadata\""), "{answer}");
}

#[test]
fn the_example_builds_and_runs_before_and_after_the_prefix_is_moved() {
    let made = copy("made");
    check_every_way(&made, "dist-made");
    let moved = made.with_file_name("moved");
    let _ = fs::remove_dir_all(&moved);
    fs::rename(&made, &moved).unwrap();
    check_every_way(&moved, "dist-moved");
}

#[test]
fn a_static_program_links_with_what_pkg_config_says() {
    let prefix = copy("static");
    let program = scratch("dist-static").join("models");
    let mut command = Command::new("cc");
    command.arg(root().join("examples/c/models.c")).arg("-o").arg(&program);
    let ours = pkg_config(&prefix, &["--cflags", "--libs", "--static", "beamlit-auth"]);
    command
        .args(ours.iter().map(|flag| if flag == "-lbeamlit_auth" { "-l:libbeamlit_auth.a" } else { flag }));
    run(command.args(pkg_config(&prefix, &["--cflags", "--libs", "libcurl"])));
    check(&program, &Emulator::start().unwrap());
}

#[test]
fn nothing_that_is_installed_knows_where_it_is() {
    for file in [
        "pkgconfig/beamlit-auth.pc",
        "cmake/beamlit-auth/beamlit-auth-config.cmake",
        "cmake/beamlit-auth/beamlit-auth-config-version.cmake",
    ] {
        let text = fs::read_to_string(installed().join("lib").join(file)).unwrap();
        assert!(!text.contains(root().to_str().unwrap()) && !text.contains('@'), "{file}:\n{text}");
    }
    assert_eq!(
        fs::read_link(installed().join("lib/libbeamlit_auth.so")).unwrap(),
        Path::new("libbeamlit_auth.so.0.1")
    );
}

/// Whether `CMake` takes the library when that version is asked for.
fn cmake_takes(prefix: &Path, version: &str) -> bool {
    let folder = scratch(&format!("dist-version-{version}"));
    let project = format!(
        "cmake_minimum_required(VERSION 3.16)\nproject(asks NONE)\n\
         find_package(beamlit-auth {version} CONFIG QUIET)\n\
         if(NOT beamlit-auth_FOUND)\n  message(FATAL_ERROR refused)\nendif()\n"
    );
    fs::write(folder.join("CMakeLists.txt"), project).unwrap();
    let mut command = Command::new("cmake");
    command.arg("-S").arg(&folder).arg("-B").arg(folder.join("build"));
    let output = command.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display())).output().unwrap();
    assert_eq!(output.status.success(), !transcript(&output).contains("refused"), "{}", transcript(&output));
    output.status.success()
}

#[test]
fn cmake_takes_the_same_minor_version_alone() {
    for (version, taken) in [
        ("", true),
        ("0.1", true),
        ("0.1.0", true),
        ("0.1.1", false),
        ("0.2", false),
        ("0.0", false),
        ("1", false),
    ] {
        assert_eq!(cmake_takes(installed(), version), taken, "{version:?}");
    }
}
