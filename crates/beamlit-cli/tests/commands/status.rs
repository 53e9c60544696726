use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{Emulator, bl, finish, folder, run, until};

/// How many requests the emulator has got.
fn requests(emulator: &Emulator) -> usize {
    emulator.recorded()["requests"].as_array().unwrap().len()
}

#[test]
fn a_check_asks_once_and_says_that_the_platform_accepts_the_credential() {
    let (emulator, home) = (Emulator::start(), folder("status-check"));
    emulator.logged_in_at(&home);
    let local = run(&mut emulator.at(&home), &["status", "--json"]).json();
    let before = requests(&emulator);
    let mut checked = run(&mut emulator.at(&home), &["status", "--check", "--json"]).json();
    assert_eq!(requests(&emulator), before + 1);
    let members = checked.as_object_mut().unwrap();
    assert_eq!(members.remove("accepted"), Some(json!(true)));
    assert_eq!(members.remove("error"), Some(json!(null)));
    assert_eq!(checked, local, "the rest is as without");
    let text = run(&mut emulator.at(&home), &["status", "--check"]);
    let status = run(&mut emulator.at(&home), &["status"]).stdout;
    text.assert_prints(&format!("{status}accepted by {}\n", emulator.api_url()));
}

#[test]
fn a_credential_that_is_not_accepted_is_told_and_exits_with_3() {
    let emulator = Emulator::start();
    let mut wrong_key = emulator.bl();
    wrong_key.env("BL_API_KEY", "BL_EMULATORCANARY");
    let mut wrong_secret = emulator.bl();
    wrong_secret.env("BL_CLIENT_CREDENTIALS", format!("{}:cs_CANARY", emulator.get("client_id")));
    let cases = [
        (wrong_key, vec!["status", "--check", "-w", "acme"], "invalid_client"),
        (wrong_secret, vec!["status", "--check", "-w", "acme"], "invalid_client"),
        (emulator.with_client(), vec!["status", "--check", "-w", "globex"], "access_denied"),
    ];
    for (mut bl, arguments, kind) in cases {
        let text = run(&mut bl, &arguments);
        assert_eq!((text.code, text.stdout.lines().count(), text.stderr.as_str()), (3, 2, ""), "{text:?}");
        assert!(text.stdout.contains("\nnot accepted: "), "{text:?}");
        let json = run(&mut bl, &["--json"]);
        let object = json.json();
        assert_eq!((json.code, &object["ok"], &object["accepted"]), (3, &json!(false), &json!(false)));
        assert_eq!(object["error"]["kind"], kind);
        assert!(!text.stdout.contains("CANARY") && !json.stdout.contains("CANARY"));
    }
}

#[test]
fn where_nobody_answers_it_is_not_known_and_exits_with_4() {
    let (emulator, home) = (Emulator::start(), folder("status-down"));
    emulator.logged_in_at(&home);
    let mut down = bl();
    down.env("BL_API_URL", "http://127.0.0.1:1/v0").env("BL_API_KEY", "BL_EMULATORCANARY");
    let text = run(&mut down, &["status", "--check"]);
    assert_eq!((text.code, text.stderr.as_str()), (4, ""), "{text:?}");
    assert!(text.stdout.contains("\nnot known whether it is accepted: "), "{text:?}");
    emulator.steer("fault", &json!({"path": "/v0/workspaces/acme", "status": 503}));
    let json = run(&mut emulator.at(&home), &["status", "--check", "--json"]);
    let object = json.json();
    assert_eq!((json.code, &object["ok"], &object["accepted"]), (4, &json!(false), &Value::Null));
    assert_eq!(object["error"]["kind"], "server_unavailable");
}

#[test]
fn without_a_credential_nobody_is_asked() {
    let emulator = Emulator::start();
    let status = run(&mut emulator.bl(), &["status"]);
    let checked = run(&mut emulator.bl(), &["status", "--check"]);
    assert_eq!((checked.code, checked.stdout), (3, status.stdout));
    assert_eq!(requests(&emulator), 0);
}

#[test]
fn ctrl_c_ends_a_check() {
    let emulator = Emulator::start();
    emulator.steer("fault", &json!({"path": "/v0/workspaces/acme", "hang": true}));
    let check = emulator.with_key().args(["status", "--check", "-w", "acme"]).spawn().unwrap();
    until("a request", || requests(&emulator) > 0);
    let begun = Instant::now();
    kill_process(Pid::from_child(&check), Signal::INT).unwrap();
    let ended = finish(check);
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (130, "", "bl: interrupted\n"));
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
}
