//! A fork amid a renewal, from C: `tests/c/test_fork.c`.
#![expect(clippy::unwrap_used, reason = "the functions here fail the test that calls them")]

mod common;

use std::process::Command;
use std::time::{Duration, Instant};

use beamlit_emulator::{Emulator, Fault, Rotation};
use common::programs::{Build, check, command, compile, converse};
use common::run;

/// A program that renews is killed; its child lives on, with a copy of all that was open.
fn a_killed_parents_child_keeps_no_lock(rotation: Rotation, setting: &str) {
    let emulator = Emulator::start().unwrap();
    emulator.configure(|settings| (settings.interval_s, settings.rotation) = (1, Some(rotation)));
    let program = compile("test_fork", Build::Plain);
    let program = [program.to_str().unwrap()];
    let (mut parent, secrets) = command(&program, &emulator);
    let mut child = None;
    converse(parent.env("TEST_ROTATION", setting).arg("leaves_a_child_behind"), |line| {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["approve", code] => assert!(emulator.approve(code)),
            ["hang", _] => emulator.fault(Fault::new("/oauth/token").hang().times(1)),
            ["sent", _] => until(|| emulator.token_requests_of("refresh_token") == 1),
            ["kill", parent, pid] => {
                run(Command::new("kill").args(["-9", parent]));
                child = Some(pid.to_owned());
            }
            _ => assert!(line.is_empty(), "the program asked: {line}"),
        }
    });
    let child = child.unwrap();
    let (mut other, _) = command(&program, &emulator);
    let output = other.env("TEST_ROTATION", setting).arg("nobody_waits_for_the_child").output().unwrap();
    // It was there all the time.
    run(Command::new("kill").args(["-9", &child]));
    check(&output, &secrets);
    assert_eq!(emulator.reuse_events(), 0);
}

fn until(happened: impl Fn() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the event did not happen");
        std::thread::yield_now();
    }
}

#[test]
fn a_killed_parents_child_keeps_no_lock_where_tokens_stay_good() {
    a_killed_parents_child_keeps_no_lock(Rotation::None, "none");
}

#[test]
fn a_killed_parents_child_keeps_no_lock_where_they_are_spent() {
    a_killed_parents_child_keeps_no_lock(Rotation::Revoke, "strict");
}
