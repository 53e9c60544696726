use std::fs::OpenOptions;
use std::process::Stdio;

use serde_json::json;

use crate::{Emulator, bl, finish, run};

/// One error of each family: exit code and object, for an error line that is one line.
#[test]
fn each_family_has_its_exit_code() {
    let emulator = Emulator::start();
    let stranger = format!("{}:cs_WRONG_CANARY", emulator.get("client_id"));
    let mut nobody_listens = bl();
    nobody_listens.env("BL_API_URL", "http://127.0.0.1:1/v0").env("BL_CLIENT_CREDENTIALS", "id:CANARY");
    let mut wrong_secret = emulator.bl();
    wrong_secret.env("BL_CLIENT_CREDENTIALS", stranger);
    let cases = [
        (bl(), vec!["token", "--api-url", "ftp://127.0.0.1"], 2, "invalid_config"),
        (bl(), vec!["token"], 3, "login_required"),
        (nobody_listens, vec!["token"], 4, "network_error"),
        (wrong_secret, vec!["token"], 6, "invalid_client"),
    ];
    for (mut bl, arguments, code, kind) in cases {
        let text = run(&mut bl, &arguments);
        assert_eq!((text.code, text.stdout.as_str(), text.stderr.lines().count()), (code, "", 1), "{text:?}");
        assert!(text.stderr.starts_with("bl: "), "{text:?}");
        let error = run(&mut bl, &["--json"]).error();
        assert_eq!((&error["kind"], &error["exit_code"]), (&json!(kind), &json!(code)), "{error}");
        assert!(!text.stderr.contains("CANARY") && !error.to_string().contains("CANARY"));
    }
}

#[test]
fn a_busy_server_says_when_to_come_back() {
    let emulator = Emulator::start();
    emulator.fault(json!({"status": 503, "retry_after": 17, "body": "{}"}));
    let error = run(&mut emulator.with_client(), &["token", "--json"]).error();
    let expected = json!({"kind": "server_unavailable", "reason": null, "message": error["message"], "oauth_error": null,
        "http_status": 503, "retry_after": 17, "exit_code": 4});
    assert_eq!(error, expected);
    assert!(error["message"].as_str().unwrap().contains(emulator.get("token_endpoint")), "{error}");
}

#[test]
fn what_a_server_says_reaches_no_terminal_as_it_is() {
    let emulator = Emulator::start();
    let hostile = "bad\u{1b}]52;c;Q0FOQVJZ\u{7}\u{9b}31m\u{202e}\r\nbl: done";
    let body = json!({"error": hostile, "error_description": hostile}).to_string();
    emulator.fault(json!({"status": 400, "body": body}));
    for arguments in [&["token"][..], &["token", "--json"], &["token", "-v"]] {
        let printed = run(&mut emulator.with_client(), arguments);
        assert_eq!((printed.code, printed.stdout.as_str()), (4, ""), "{printed:?}");
        let control = |c: char| c.is_control() && c != '\n';
        assert!(!printed.stderr.contains(control) && !printed.stderr.contains('\u{202e}'), "{printed:?}");
        assert!(!printed.stderr.contains("\nbl: done"), "{printed:?}");
    }
}

#[test]
fn quiet_leaves_the_exit_code() {
    let quiet = run(&mut bl(), &["token", "-q"]);
    assert_eq!((quiet.code, quiet.printed()), (3, String::new()));
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let emulator = Emulator::start();
    for arguments in
        [&["token"][..], &["token", "--json"], &["headers", &emulator.models()], &["status"], &["help"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = finish(emulator.with_key().args(arguments).stdout(writer).spawn().unwrap());
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{arguments:?}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = finish(bl().arg("token").stderr(writer).spawn().unwrap());
    assert_eq!(ended.code, 3, "nobody hears the error");
}

#[test]
fn a_full_disk_is_a_failure_and_repeats_nothing() {
    let emulator = Emulator::start();
    for arguments in [&["token"][..], &["token", "--json"], &["headers", &emulator.models()], &["help"]] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let failed = finish(emulator.with_key().args(arguments).stdout(Stdio::from(full)).spawn().unwrap());
        assert_eq!((failed.code, failed.stderr.contains("standard output")), (1, true), "{failed:?}");
        assert!(!failed.stderr.contains("EMULATOR"));
    }
}

#[test]
fn every_object_is_ascii_on_one_line() {
    let folder = crate::folder("é\u{9b}\u{2028}");
    let refused =
        finish(bl().args(["emulator", "--json", "--seed"]).arg(folder.join("seed")).spawn().unwrap());
    assert!(refused.stderr.is_ascii(), "{refused:?}");
    assert!(refused.error()["message"].as_str().unwrap().contains("é\u{9b}\u{2028}"));
}
