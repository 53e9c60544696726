use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::{Emulator, Outcome, expire, finish, folder, run, until};

/// Sends SIGINT to `bl` once it waits for the token server; what became of it, and how soon.
fn interrupted(emulator: &Emulator, bl: &mut Command) -> (Outcome, Duration) {
    let token_requests = || emulator.recorded()["token_requests"].as_u64().unwrap();
    let before = token_requests();
    let child = bl.spawn().unwrap();
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
        let (ended, took) = interrupted(&emulator, emulator.with_client().arg("token"));
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
    let mut headers = emulator.with_client();
    let (ended, took) = interrupted(&emulator, headers.args(["headers", &emulator.models(), "--json"]));
    let error = ended.error();
    assert_eq!((&error["kind"], &error["exit_code"]), (&json!("cancelled"), &json!(130)));
    assert!(took < Duration::from_millis(1500), "{took:?}");
}

#[test]
fn ctrl_c_ends_the_wait_for_standard_input() {
    let (emulator, home) = (Emulator::start(), folder("interrupt-input"));
    let mut login = emulator.at(&home);
    login.args(["login", "acme", "--api-key", "-"]).stdin(Stdio::piped());
    let mut child = login.spawn().unwrap();
    let stdin = child.stdin.take().unwrap();
    (&stdin).write_all(b"BL_CANARY").unwrap();
    let left = || rustix::io::ioctl_fionread(&stdin).unwrap();
    until("it has been read", || left() == 0);
    let begun = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ended = finish(child);
    assert_eq!((ended.code, ended.printed().as_str()), (130, "bl: interrupted\n"));
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
    drop(stdin);
}

#[test]
fn ctrl_c_never_cuts_an_exchange_that_spends() {
    let (emulator, home) = (Emulator::start(), folder("interrupt-spends"));
    emulator.steer("settings", &json!({"rotation": "revoke", "interval_s": 0}));
    let mut login = emulator.at(&home);
    let login = login.args(["login", "acme", "--device", "--rotation", "strict"]).spawn().unwrap();
    emulator.approve(&emulator.pending());
    assert_eq!(finish(login).code, 0);
    expire(&home);
    emulator.fault(json!({"delay_s": 2.0, "after": true, "times": 1}));
    let mut token = emulator.at(&home);
    let (ended, took) = interrupted(&emulator, token.arg("token"));
    assert_eq!((ended.code, ended.stdout.as_str()), (130, ""), "{ended:?}");
    assert!(ended.stderr.starts_with("bl: interrupted\nwaiting for the answer to a renewal"), "{ended:?}");
    assert!((Duration::from_secs(1)..Duration::from_secs(10)).contains(&took), "{took:?}");
    let requests = emulator.recorded()["token_requests"].clone();
    let served = run(&mut emulator.at(&home), &["token"]);
    assert_eq!(served.code, 0, "the login lives: {served:?}");
    assert_eq!(emulator.recorded()["token_requests"], requests, "what was answered was kept");
}

#[test]
fn ctrl_c_ends_the_wait_for_a_logout() {
    let (emulator, home) = (Emulator::start(), folder("interrupt-logout"));
    emulator.steer("settings", &json!({"revocation": true, "interval_s": 0}));
    let at = ["--issuer", emulator.get("issuer"), "--client-id", "my-cli"];
    let login = emulator.at(&home).args([&["login"], &at[..]].concat()).spawn().unwrap();
    emulator.approve(&emulator.pending());
    assert_eq!(finish(login).code, 0);
    emulator.steer("fault", &json!({"path": "/oauth/revoke", "hang": true}));
    let logout = emulator.at(&home).args([&["logout"], &at[..]].concat()).spawn().unwrap();
    let revoking = || emulator.recorded()["requests"].to_string().contains("/oauth/revoke");
    until("the revocation", revoking);
    let begun = Instant::now();
    kill_process(Pid::from_child(&logout), Signal::INT).unwrap();
    let ended = finish(logout);
    assert_eq!((ended.code, ended.printed().as_str()), (130, "bl: interrupted\n"));
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
}

#[test]
fn ctrl_c_while_a_key_is_verified_stores_nothing() {
    let (emulator, home) = (Emulator::start(), folder("interrupt-key"));
    emulator.steer("fault", &json!({"path": "/workspaces", "delay_s": 0.5}));
    let mut login = emulator.at(&home);
    login.args(["login", "acme", "--api-key", "-"]).stdin(Stdio::piped());
    let mut child = login.spawn().unwrap();
    child.stdin.take().unwrap().write_all(emulator.get("api_key").as_bytes()).unwrap();
    until("the verification", || emulator.recorded()["requests"].to_string().contains("/workspaces/acme"));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ended = finish(child);
    assert_eq!((ended.code, ended.printed().as_str()), (130, "bl: interrupted\n"));
    assert_eq!(run(&mut emulator.at(&home), &["status"]).code, 3);
}
