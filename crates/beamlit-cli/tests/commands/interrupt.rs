use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::{Emulator, Outcome, finish, until};

/// Sends SIGINT to `bl` with these arguments once it waits for the token server; what became of it, and how soon.
fn interrupted(emulator: &Emulator, arguments: &[&str]) -> (Outcome, Duration) {
    let token_requests = || emulator.recorded()["token_requests"].as_u64().unwrap();
    let before = token_requests();
    let child = emulator.with_client().args(arguments).spawn().unwrap();
    until("a token request", || token_requests() > before);
    let begun = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    (finish(child), begun.elapsed())
}

#[test]
fn ctrl_c_ends_a_wait_that_would_last() {
    let emulator = Emulator::start();
    emulator.fault(json!({"hang": true}));
    let mut longest = Duration::ZERO;
    for _ in 0..10 {
        let (ended, took) = interrupted(&emulator, &["token"]);
        assert_eq!(
            (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
            (130, "", "bl: interrupted\n")
        );
        longest = longest.max(took);
    }
    println!("longest of 10 from SIGINT to the end of the process: {longest:?}");
    assert!(longest < Duration::from_millis(1500), "{longest:?}");
}

#[test]
fn ctrl_c_is_an_error_of_its_own_kind() {
    let emulator = Emulator::start();
    emulator.fault(json!({"hang": true}));
    let (ended, took) = interrupted(&emulator, &["headers", &emulator.models(), "--json"]);
    let error = ended.error();
    assert_eq!((&error["kind"], &error["exit_code"]), (&json!("cancelled"), &json!(130)));
    assert!(took < Duration::from_millis(1500), "{took:?}");
}
