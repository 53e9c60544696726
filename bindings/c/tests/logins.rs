//! Logins from C: `tests/c/test_login.c`, whose person is here, and whose programs share one home each.
#![expect(clippy::unwrap_used, reason = "the functions here fail the test that calls them")]

mod common;

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use beamlit_emulator::{Dialect, Emulator, Fault, Rotation};
use common::programs::{Build, check, command, compile, converse, home};
use common::transcript;

/// A server that may be polled once a second.
fn emulator() -> Emulator {
    let emulator = Emulator::start().unwrap();
    emulator.configure(|settings| settings.interval_s = 1);
    emulator
}

/// A server whose tokens expire soon, and that ends a login whose spent refresh token is sent again.
fn strict_emulator() -> Emulator {
    let emulator = emulator();
    emulator
        .configure(|settings| (settings.rotation, settings.token_lifetime_s) = (Some(Rotation::Revoke), 5));
    emulator
}

/// How often a token is to expire that many use, which takes six seconds each time: three times, or what the variable
/// `BEAMLIT_EXPIRIES` says.
fn expiries() -> u64 {
    std::env::var("BEAMLIT_EXPIRIES").map_or(3, |text| text.parse().unwrap())
}

/// Does what a program asks of the person.
fn decide(emulator: &Emulator, line: &str) {
    let decided = match line.split_once(' ') {
        Some(("approve", code)) => emulator.approve(code),
        Some(("deny", code)) => emulator.deny(code),
        _ => false,
    };
    assert!(decided, "the program asked: {line}");
}

/// Runs tests of the program in front of a person.
fn run(build: Build, tests: &[&str], emulator: &Emulator) {
    let program = compile("test_login", build);
    run_as(&[program.to_str().unwrap()], tests, emulator);
}

fn run_as(program: &[&str], tests: &[&str], emulator: &Emulator) {
    let (mut command, secrets) = command(program, emulator);
    command.env("TEST_EXPIRIES", expiries().to_string()).args(tests);
    check(&converse(&mut command, |line| decide(emulator, line)), &secrets);
}

#[test]
fn login() {
    run(Build::Checked, &[], &emulator());
    let files = Command::new("find").arg(home()).args(["-type", "f", "!", "-perm", "600"]).output().unwrap();
    assert_eq!(transcript(&files), "", "not for this user alone");
}

#[test]
fn stores() {
    let program = compile("test_store", Build::Checked);
    run_as(&[program.to_str().unwrap()], &[], &emulator());
}

#[test]
fn a_login_that_was_cancelled_is_not_stored() {
    let emulator = emulator();
    run(Build::Checked, &["cancel_is_final"], &emulator);
    assert!(fs::read_dir(home()).unwrap().next().is_none(), "something was stored");
    assert_eq!(emulator.token_requests(), 0);
}

#[test]
fn a_login_that_was_freed_is_not_stored() {
    let emulator = emulator();
    emulator.fault(Fault::new("/oauth/token").delay(Duration::from_secs(2)).after());
    run(Build::Checked, &["free_gives_it_up"], &emulator);
    let answered = emulator.requests().pop().unwrap();
    assert_eq!((answered.path.as_str(), answered.status), ("/v0/oauth/token", Some(200)));
}

#[test]
fn a_poll_that_hangs() {
    let emulator = emulator();
    emulator.fault(Fault::new("/oauth/token").hang());
    run(Build::Checked, &["a_poll_has_the_limit_of_the_config"], &emulator);
}

#[test]
fn a_login_that_expires() {
    let emulator = emulator();
    emulator.configure(|settings| settings.device_code_lifetime_s = 1);
    run(Build::Checked, &["its_code_expires"], &emulator);
}

#[test]
fn a_login_that_cannot_start() {
    let emulator = emulator();
    emulator.fault(Fault::new("/login/device").hang());
    run(Build::Checked, &["a_time_limit_ends_the_start", "a_shutdown_after_ctrl_c"], &emulator);
}

#[test]
fn a_login_that_can_be_revoked() {
    let emulator = Emulator::builder().dialect(Dialect::Strict).start().unwrap();
    emulator.configure(|settings| settings.interval_s = 1);
    run(Build::Checked, &["a_logout_revokes"], &emulator);
    let revoked = emulator.requests().pop().unwrap();
    assert_eq!((revoked.path.as_str(), revoked.status), ("/v0/oauth/revoke", Some(200)));
}

#[test]
fn a_logout_that_takes_long() {
    let emulator = Emulator::builder().dialect(Dialect::Strict).start().unwrap();
    emulator.configure(|settings| settings.interval_s = 1);
    emulator.fault(Fault::new("/oauth/revoke").delay(Duration::from_millis(1500)));
    for test in ["a_logout_goes_on_without_its_caller", "a_logout_is_waited_for_until"] {
        run(Build::Checked, &[test], &emulator);
        let revoked = emulator.requests().pop().unwrap();
        assert_eq!((revoked.path.as_str(), revoked.status), ("/v0/oauth/revoke", Some(200)));
    }
}

#[test]
fn a_refresh_token_from_elsewhere() {
    let emulator = emulator();
    let refresh_token = emulator.login("acme").refresh_token;
    let program = compile("test_login", Build::Checked);
    let (mut command, _) = command(&[program.to_str().unwrap()], &emulator);
    command.env("TEST_REFRESH_TOKEN", &refresh_token).arg("a_refresh_token_from_elsewhere");
    check(&command.output().unwrap(), &[refresh_token]);
    assert_eq!(emulator.token_requests_of("refresh_token"), 1);
    assert!(fs::read_dir(home()).unwrap().next().is_none(), "something was stored");
}

#[test]
fn a_login_of_one_program_is_that_of_every_other() {
    let emulator = emulator();
    run(Build::Checked, &["is_made"], &emulator);
    let requests = emulator.requests().len();
    run(Build::Checked, &["is_there_already"], &emulator);
    assert_eq!(emulator.requests().len(), requests, "it did not have to ask");
}

/// Sees that each expiry took one request, and that the login is alive.
fn check_renewals(emulator: &Emulator, renewals: u64) {
    assert_eq!(emulator.token_requests_of("refresh_token"), renewals);
    assert_eq!(emulator.reuse_events(), 0);
}

#[test]
fn one_request_serves_64_threads_at_each_expiry() {
    let emulator = strict_emulator();
    run(Build::Plain, &["one_request_serves_the_herd"], &emulator);
    check_renewals(&emulator, expiries());
}

#[test]
fn one_request_serves_16_processes_at_each_expiry() {
    let emulator = strict_emulator();
    let program = compile("test_login", Build::Plain);
    let program = [program.to_str().unwrap()];
    run_as(&program, &["is_made_on_a_strict_server"], &emulator);
    let start = |_| {
        let (mut command, secrets) = command(&program, &emulator);
        command.env("TEST_EXPIRIES", expiries().to_string()).arg("is_shared_by_processes");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        (command.spawn().unwrap(), secrets)
    };
    let children: Vec<_> = (0..16).map(start).collect();
    for (child, secrets) in children {
        check(&child.wait_with_output().unwrap(), &secrets);
    }
    check_renewals(&emulator, expiries());
}

#[test]
fn forked_children_share_the_login() {
    let emulator = strict_emulator();
    run(Build::Plain, &["is_shared_by_forked_children"], &emulator);
    check_renewals(&emulator, expiries());
}

#[test]
fn a_shutdown_waits_for_the_renewal_under_way() {
    let emulator = strict_emulator();
    let program = compile("test_login", Build::Checked);
    let (mut command, secrets) = command(&[program.to_str().unwrap()], &emulator);
    let output = converse(command.arg("a_shutdown_waits_for_the_renewal"), |line| {
        decide(&emulator, line);
        emulator.fault(Fault::new("/oauth/token").delay(Duration::from_millis(1500)));
    });
    check(&output, &secrets);
    check_renewals(&emulator, 1);
}

#[test]
fn valgrind_finds_nothing() {
    let program = compile("test_login", Build::Plain);
    let valgrind = [
        "valgrind",
        "--quiet",
        "--leak-check=full",
        "--show-leak-kinds=definite",
        "--errors-for-leak-kinds=definite",
    ];
    let program = [valgrind.as_slice(), &["--error-exitcode=9", program.to_str().unwrap()]].concat();
    let tests = ["is_made", "a_wait_that_runs_out_is_pending", "a_denial_ends_it", "a_logout_deletes"];
    run_as(&program, &tests, &emulator());
}
