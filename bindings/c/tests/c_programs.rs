//! The C programs of `tests/c`, compiled strictly and run against an emulator of their own each.
#![expect(clippy::unwrap_used, reason = "the functions here fail the test that calls them")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use beamlit_emulator::{Emulator, Fault};
use common::programs::{Build, check, command, compile, converse, run_tests};
use common::{header, root};

/// Runs the tests of a program that need no more than an emulator.
fn run_program(name: &str) {
    run_tests(name, Build::Checked, &[], &Emulator::start().unwrap());
}

#[test]
fn version() {
    run_program("test_version");
}

#[test]
fn error() {
    run_program("test_error");
}

#[test]
fn credential() {
    run_program("test_credential");
}

#[test]
fn config() {
    run_program("test_config");
}

#[test]
fn session() {
    run_program("test_session");
}

#[test]
fn headers() {
    run_program("test_headers");
}

#[test]
fn token() {
    run_program("test_token");
}

#[test]
fn explanation() {
    run_program("test_explanation");
}

#[test]
fn null() {
    run_program("test_null");
}

#[test]
fn text() {
    run_program("test_text");
}

fn unavailable() -> Fault {
    Fault::new("/oauth/token").status(503)
}

#[test]
fn error_of_the_service_family() {
    let emulator = Emulator::start().unwrap();
    emulator.fault(unavailable().retry_after(7));
    run_tests("test_error", Build::Checked, &["of_the_service_family"], &emulator);
}

#[test]
fn log() {
    let emulator = Emulator::start().unwrap();
    emulator.fault(unavailable());
    let tests =
        ["lines_go_to_the_sink_and_hold_no_secret", "a_level_below_the_first", "another_sink_takes_over"];
    run_tests("test_log", Build::Checked, &tests, &emulator);
}

#[test]
fn one_request_serves_the_herd() {
    let emulator = Emulator::start().unwrap();
    emulator.fault(Fault::new("/oauth/token").delay(Duration::from_millis(500)));
    run_tests("test_session", Build::Plain, &["one_request_serves_the_herd"], &emulator);
    // One caller, then the herd after its 401, then a herd that begins with nothing.
    assert_eq!(emulator.token_requests(), 3);
}

#[test]
fn one_request_serves_sessions_that_share() {
    let emulator = Emulator::start().unwrap();
    run_tests("test_session", Build::Checked, &["shares_its_token"], &emulator);
    assert_eq!(emulator.token_requests(), 1);
}

#[test]
fn a_timer_renews_before_anybody_asks() {
    let emulator = Emulator::builder().token_lifetime(5).start().unwrap();
    let program = compile("test_session", Build::Checked);
    let (mut command, secrets) =
        command(&[program.to_str().unwrap(), "renews_before_anybody_asks"], &emulator);
    let output = converse(&mut command, |line| {
        assert_eq!(line, "paused");
        until(|| emulator.token_requests() == 2);
    });
    check(&output, &secrets);
}

fn until(happened: impl Fn() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the event did not happen");
        std::thread::yield_now();
    }
}

const SERVED: &str = "serves_a_valid_token_while_the_server_is_down";

/// Runs the test that holds a token of 12 s, and does `break_it` once it has that. Gives how many token requests arrived.
fn served_while_down(break_it: impl Fn(Emulator) -> Option<Emulator>) -> u64 {
    let emulator = Emulator::builder().token_lifetime(12).start().unwrap();
    let program = compile("test_session", Build::Checked);
    let (mut command, secrets) = command(&[program.to_str().unwrap(), SERVED], &emulator);
    let mut emulator = Some(emulator);
    let output = converse(&mut command, |line| {
        assert_eq!(line, "paused");
        emulator = emulator.take().and_then(&break_it);
    });
    check(&output, &secrets);
    emulator.map_or(0, |emulator| emulator.token_requests())
}

#[test]
fn a_program_that_says_much_is_read_to_its_end() {
    let mut much = std::process::Command::new("sh");
    much.args(["-c", "head -c 300000 /dev/zero >&2; echo asks; read answer; head -c 300000 /dev/zero >&2"]);
    let output = converse(&mut much, |line| assert_eq!(line, "asks"));
    assert_eq!((output.status.success(), output.stderr.len()), (true, 600_000));
}

#[test]
fn served_while_the_server_answers_503() {
    let requests = served_while_down(|emulator| {
        emulator.fault(unavailable());
        Some(emulator)
    });
    assert!(requests > 1, "nobody tried to renew");
}

#[test]
fn served_while_the_server_hangs() {
    let requests = served_while_down(|emulator| {
        emulator.fault(Fault::new("/oauth/token").hang());
        Some(emulator)
    });
    assert!(requests > 1, "nobody tried to renew");
}

#[test]
fn served_while_the_server_refuses_connections() {
    served_while_down(|emulator| {
        drop(emulator);
        None
    });
}

#[test]
fn waits_end() {
    let emulator = Emulator::start().unwrap();
    emulator.fault(Fault::new("/oauth/token").hang());
    let tests = ["cancel_wakes_whoever_waits", "a_time_limit_ends_the_wait"];
    run_tests("test_session", Build::Checked, &tests, &emulator);
}

#[test]
fn a_redirect_is_not_followed() {
    let (emulator, elsewhere) = (Emulator::start().unwrap(), Emulator::start().unwrap());
    for status in [301, 302, 303, 307, 308] {
        emulator
            .fault(Fault::new("/oauth/token").status(status).redirect(elsewhere.token_endpoint()).times(1));
        run_tests("test_session", Build::Checked, &["follows_no_redirect_of_the_token_endpoint"], &emulator);
    }
    assert_eq!(emulator.token_requests(), 5);
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn a_forked_child_works() {
    // A gcc without handlers for it leaves the address sanitizer's locks taken in the child.
    run_tests("test_session", Build::Plain, &["works_in_a_forked_child"], &Emulator::start().unwrap());
}

#[test]
fn valgrind_finds_nothing() {
    let emulator = Emulator::start().unwrap();
    for name in ["test_headers", "test_token", "test_null"] {
        let program = compile(name, Build::Plain);
        let valgrind = [
            "valgrind",
            "--quiet",
            "--leak-check=full",
            "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite",
        ];
        let program = [valgrind.as_slice(), &["--error-exitcode=9", program.to_str().unwrap()]].concat();
        let (mut command, secrets) = command(&program, &emulator);
        check(&command.output().unwrap(), &secrets);
    }
}

/// The parameters that `tests/c/NAME.c` has a line for, as function and parameter.
fn covered(name: &str, macros: &[&str]) -> BTreeSet<(String, String)> {
    let text = fs::read_to_string(root().join("tests/c").join(name)).unwrap();
    let words = |line: &str| {
        let (name, arguments) = line.trim().split_once('(')?;
        let mut arguments = arguments.split(',').map(str::trim);
        let row = (arguments.next()?.to_owned(), arguments.next()?.to_owned());
        macros.contains(&name).then_some(row)
    };
    text.lines().filter_map(words).collect()
}

/// The parameters of the header that are wanted, as function and parameter.
fn declared(wanted: impl Fn(&header::Parameter) -> bool) -> BTreeSet<(String, String)> {
    let functions = header::functions(&header::text());
    let rows = functions.iter().flat_map(|function| {
        let names = function.parameters.iter().filter(|parameter| wanted(parameter));
        names.map(|parameter| (function.name.clone(), parameter.name.clone())).collect::<Vec<_>>()
    });
    rows.collect()
}

#[test]
fn every_pointer_is_null_once() {
    let macros = ["REFUSES", "EMPTY", "ANSWERS", "NOTHING", "REMEMBERS"];
    assert_eq!(covered("test_null.c", &macros), declared(header::Parameter::is_pointer));
}

#[test]
fn every_text_is_hostile_once() {
    assert_eq!(covered("test_text.c", &["HOSTILE"]), declared(header::Parameter::is_text));
}
