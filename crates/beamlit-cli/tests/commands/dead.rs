use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::{Emulator, expire, finish, folder, records, run};

/// A device login at `home` that the server does not accept any more, and whose token is over.
fn log_in_and_die(emulator: &Emulator, home: &Path) {
    emulator.steer("settings", &json!({"interval_s": 0}));
    let login = emulator.at(home).args(["login", "acme", "--device"]).spawn().unwrap();
    emulator.approve(&emulator.pending());
    assert_eq!(finish(login).code, 0);
    for file in records(home) {
        let record: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        if let Some(token) = record["refresh_token"].as_str() {
            emulator.steer("revoke", &json!({"token": token}));
        }
    }
    expire(home);
    let error = run(&mut emulator.at(home), &["token", "--json"]).error();
    assert_eq!((&error["reason"], &error["exit_code"]), (&json!("revoked"), &json!(3)));
}

#[test]
fn the_status_of_a_login_that_the_server_ended_is_that_nobody_is_logged_in() {
    let (emulator, home) = (Emulator::start(), folder("dead-status"));
    log_in_and_die(&emulator, &home);
    let status = run(&mut emulator.at(&home), &["status", "--json"]);
    assert_eq!((status.code, status.json()["ok"].clone()), (3, json!(false)));
    let text = run(&mut emulator.at(&home), &["status"]);
    assert!(text.code == 3 && text.stdout.contains("bl login"), "{text:?}");
}

#[test]
fn a_login_that_the_server_ended_is_made_anew_without_force() {
    let (emulator, home) = (Emulator::start(), folder("dead-login"));
    log_in_and_die(&emulator, &home);
    let login = emulator.at(&home).args(["login", "acme", "--device"]).spawn().unwrap();
    emulator.approve(&emulator.pending());
    let login = finish(login);
    assert!(login.code == 0 && login.stderr.contains("logged in to workspace acme"), "{login:?}");
    assert_eq!(run(&mut emulator.at(&home), &["token"]).code, 0);
}

#[test]
fn a_login_that_the_server_ended_is_deleted_by_a_logout() {
    let (emulator, home) = (Emulator::start(), folder("dead-logout"));
    log_in_and_die(&emulator, &home);
    let ended = run(&mut emulator.at(&home), &["logout", "--json"]).json();
    assert_eq!(ended, json!({"revoked": false, "deleted": true}));
}
