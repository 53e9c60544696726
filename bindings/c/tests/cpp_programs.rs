//! The C++ programs of `tests/cpp`, compiled strictly and run against an emulator of their own each.
#![expect(clippy::unwrap_used, reason = "the functions here fail the test that calls them")]

mod common;

use std::process::Command;

use beamlit_emulator::{Emulator, Fault};
use common::programs::{Build, check, command, compile_cpp, converse, link, run_program};
use common::{STRICT_CPP, root, run, scratch};

/// Runs the tests of a program that need no more than an emulator.
fn run_all(name: &str) {
    run_program(&compile_cpp(name, Build::Checked), &[], &Emulator::start().unwrap());
}

#[test]
fn session() {
    run_all("test_session");
}

#[test]
fn headers() {
    run_all("test_headers");
}

#[test]
fn error() {
    run_all("test_error");
}

#[test]
fn moved() {
    run_all("test_moved");
}

#[test]
fn text() {
    run_all("test_text");
}

#[test]
fn waits_end() {
    let emulator = Emulator::start().unwrap();
    emulator.fault(Fault::new("/oauth/token").hang());
    let program = compile_cpp("test_session", Build::Checked);
    run_program(&program, &["cancel_wakes_whoever_waits"], &emulator);
}

#[test]
fn error_of_the_service_family() {
    let emulator = Emulator::start().unwrap();
    emulator.fault(Fault::new("/oauth/token").status(503).retry_after(7));
    run_program(&compile_cpp("test_error", Build::Checked), &["of_the_service_family"], &emulator);
}

#[test]
fn login() {
    run_with_a_person("test_login");
}

#[test]
fn store() {
    run_with_a_person("test_store");
}

/// Runs the tests of a program whose logins a person approves and denies.
fn run_with_a_person(name: &str) {
    let emulator = Emulator::start().unwrap();
    emulator.configure(|settings| settings.interval_s = 1);
    let program = compile_cpp(name, Build::Checked);
    let (mut command, secrets) = command(&[program.to_str().unwrap()], &emulator);
    let output = converse(&mut command, |line| {
        let decided = match line.split_once(' ') {
            Some(("approve", code)) => emulator.approve(code),
            Some(("deny", code)) => emulator.deny(code),
            _ => false,
        };
        assert!(decided, "the program asked: {line}");
    });
    check(&output, &secrets);
}

#[test]
fn without_exceptions_and_types() {
    let source = |name: &str| root().join("tests/cpp").join(name);
    let object = scratch("without").join("test_result.o");
    let mut compile = Command::new("c++");
    compile.args(STRICT_CPP).args(["-std=c++17", "-fno-exceptions", "-fno-rtti", "-g", "-c"]);
    compile.arg("-I").arg(root().join("include")).arg(source("test_result.cpp")).arg("-o").arg(&object);
    run(&mut compile);
    let mut both = Command::new("c++");
    both.args(STRICT_CPP).arg("-std=c++17").arg(source("throws.cpp")).arg(object);
    run_program(&link(both, "test_result", Build::Checked), &[], &Emulator::start().unwrap());
}

#[test]
fn compiled_by_clang() {
    let mut clang = Command::new("clang++");
    clang.args(STRICT_CPP).arg("-std=c++20").arg(root().join("tests/cpp/test_headers.cpp"));
    run_program(&link(clang, "test_headers", Build::Plain), &[], &Emulator::start().unwrap());
}
