use std::path::Path;

use serde_json::json;

use crate::{Emulator, feed, folder, run};

/// Nothing was stored at `home`.
fn assert_nothing_stored(emulator: &Emulator, home: &Path) {
    assert_eq!(run(&mut emulator.at(home), &["status"]).code, 3);
    run(&mut emulator.at(home), &["workspaces", "--json"])
        .assert_prints("{\"current\":null,\"workspaces\":[]}\n");
}

#[test]
fn an_api_key_on_standard_input_is_stored_for_every_later_process() {
    let (emulator, home) = (Emulator::start(), folder("login-key"));
    let key = emulator.get("api_key");
    let login = feed(&mut emulator.at(&home), &["login", "acme", "--api-key", "-"], &format!("{key}\n"));
    assert_eq!((login.code, login.stdout.as_str()), (0, ""), "{login:?}");
    let expected = format!("logged in to workspace acme at {} (api_key)\n", emulator.api_url());
    assert_eq!(login.stderr, expected);
    for arguments in [&["token"][..], &["token", "acme"], &["token", "-w", "acme"]] {
        run(&mut emulator.at(&home), arguments).assert_prints(&format!("{key}\n"));
    }
    let status = run(&mut emulator.at(&home), &["status", "--json", "-w", "acme"]).json();
    assert_eq!((&status["ok"], &status["credential"]), (&json!(true), &json!("api_key")));
}

#[test]
fn one_line_end_at_the_end_is_no_part_of_a_secret_and_nothing_else_is_forgiven() {
    let (emulator, home) = (Emulator::start(), folder("login-ends"));
    let key = emulator.get("api_key");
    let login = |input: &str| feed(&mut emulator.at(&home), &["login", "acme", "--api-key", "-"], input);
    for input in ["\n", "", "BL_CANARY BL_CANARY", "BL_CANARY\n\n", "\nBL_CANARY", "BL_CANARY\u{1b}[2J"] {
        let refused = login(input);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{input:?}: {refused:?}");
        assert!(!refused.stderr.contains("CANARY") && refused.stderr.lines().count() == 1, "{refused:?}");
    }
    let long = login(&"BL_CANARY".repeat(3000));
    assert!(long.code == 2 && !long.stderr.contains("CANARY"), "{long:?}");
    assert_nothing_stored(&emulator, &home);
    for input in [key.to_owned(), format!("{key}\n"), format!("{key}\r\n")] {
        assert_eq!(login(&input).code, 0);
    }
}

#[test]
fn a_secret_is_no_argument() {
    let (emulator, home) = (Emulator::start(), folder("login-argument"));
    for arguments in [
        &["login", "--api-key", "BL_CANARY"][..],
        &["login", "--api-key=BL_CANARY"],
        &["login", "--client-credentials", "id:CANARY"],
        &["login", "acme", "BL_CANARY"],
    ] {
        let refused = run(&mut emulator.at(&home), arguments);
        assert_eq!((refused.code, refused.printed().contains("CANARY")), (2, false), "{refused:?}");
    }
    let refused = run(&mut emulator.at(&home), &["login", "--api-key", "BL_CANARY"]);
    assert!(refused.stderr.contains("standard input"), "it says how: {}", refused.stderr);
}

#[test]
fn client_credentials_are_read_as_they_are_and_as_base64() {
    let (emulator, home) = (Emulator::start(), folder("login-client"));
    let pair = emulator.client_credentials();
    for arguments in [&["login", "acme", "--client-credentials", "-"][..], &["login", "acme"]] {
        let mut login = emulator.at(&home);
        if arguments.len() == 2 {
            login.env("BL_AUTHENTICATION_CLIENT_CREDENTIALS", &pair);
        }
        let login = feed(&mut login, arguments, &format!("{pair}\n"));
        assert!(login.code == 0 && login.stderr.contains("(client_credentials)"), "{login:?}");
        let token = run(&mut emulator.at(&home), &["token"]);
        assert_eq!((token.code, token.stdout.split('.').count()), (0, 3), "{token:?}");
        run(&mut emulator.at(&home), &["logout"]);
    }
}

#[test]
fn a_variable_answers_the_question_and_is_stored() {
    let (emulator, home) = (Emulator::start(), folder("login-variable"));
    let key = emulator.get("api_key");
    let login = run(emulator.at(&home).env("BL_API_KEY", key), &["login", "acme"]);
    assert_eq!((login.code, login.stdout.as_str()), (0, ""));
    assert!(login.stderr.starts_with("using the credential in BL_API_KEY"), "{}", login.stderr);
    assert!(!login.stderr.contains(key));
    run(&mut emulator.at(&home), &["token"]).assert_prints(&format!("{key}\n"));
    let mut unusable = emulator.at(&home);
    unusable.env("BL_CLIENT_CREDENTIALS", "CANARY");
    let refused = run(&mut unusable, &["login", "acme", "--json"]);
    assert_eq!((refused.code, refused.printed().contains("CANARY")), (2, false), "{refused:?}");
    assert!(refused.stderr.contains("BL_CLIENT_CREDENTIALS"), "{refused:?}");
}

#[test]
fn a_variable_that_wins_over_the_login_is_named() {
    let (emulator, home) = (Emulator::start(), folder("login-shadowed"));
    let key = emulator.get("api_key");
    let mut login = emulator.at(&home);
    login.env("BL_CLIENT_CREDENTIALS", emulator.client_credentials());
    let text = feed(&mut login, &["login", "acme", "--api-key", "-"], key);
    assert!(text.code == 0 && text.stderr.contains("BL_CLIENT_CREDENTIALS is set"), "{text:?}");
    let success = feed(&mut login, &["--json"], key).json();
    assert_eq!(success["shadowing"], json!(["BL_CLIENT_CREDENTIALS"]));
    assert_eq!(success["credential"], "api_key");
}

#[test]
fn a_login_that_can_be_used_is_kept() {
    let (emulator, home) = (Emulator::start(), folder("login-kept"));
    emulator.logged_in_at(&home);
    let requests = emulator.recorded()["requests"].as_array().unwrap().len();
    for arguments in [&["login", "acme"][..], &["login"], &["login", "acme", "--device"]] {
        let kept = run(&mut emulator.at(&home), arguments);
        assert_eq!((kept.code, kept.stdout.as_str()), (0, ""), "{kept:?}");
        assert!(kept.stderr.starts_with("already logged in to workspace acme"), "{kept:?}");
        assert!(kept.stderr.contains("--force"), "it says how to change that: {kept:?}");
    }
    let kept = run(&mut emulator.at(&home), &["login", "acme", "--json"]).json();
    assert_eq!((&kept["event"], &kept["workspace"]), (&json!("success"), &json!("acme")));
    assert_eq!(emulator.recorded()["requests"].as_array().unwrap().len(), requests, "nobody was asked");
    assert_eq!(run(&mut emulator.at(&home), &["login", "acme", "--force"]).code, 3);
}

#[test]
fn a_credential_that_is_handed_over_replaces_the_one_before() {
    let (emulator, home) = (Emulator::start(), folder("login-replaced"));
    emulator.logged_in_at(&home);
    let mut login = emulator.at(&home);
    let pair = emulator.client_credentials();
    assert_eq!(feed(&mut login, &["login", "acme", "--client-credentials", "-"], &pair).code, 0);
    let credential = || run(&mut emulator.at(&home), &["status", "--json"]).json()["credential"].clone();
    assert_eq!(credential(), "client_credentials");
    let mut login = emulator.at(&home);
    assert_eq!(run(login.env("BL_API_KEY", emulator.get("api_key")), &["login", "acme"]).code, 0);
    assert_eq!(credential(), "api_key");
}

#[test]
fn without_a_terminal_and_a_method_the_error_is_the_command_to_run() {
    let (emulator, home) = (Emulator::start(), folder("login-nobody"));
    for (arguments, command) in [
        (&["login", "acme"][..], "`bl login acme --device`"),
        (&["login", "-w", "acme"], "`bl login acme --api-key -`"),
        (&["login"], "`bl login --device`"),
        (&["login", "acme", "--force"], "`bl login acme --device`"),
    ] {
        let refused = run(&mut emulator.at(&home), arguments);
        assert_eq!((refused.code, refused.stdout.as_str()), (3, ""), "{refused:?}");
        assert!(refused.stderr.contains(command), "{arguments:?}: {}", refused.stderr);
    }
    assert_eq!(emulator.recorded()["requests"], json!([]));
}

#[test]
fn what_the_server_does_not_accept_is_not_stored() {
    let (emulator, home) = (Emulator::start(), folder("login-refused"));
    let wrong_client = format!("{}:cs_CANARY", emulator.get("client_id"));
    for (arguments, input, kind) in [
        (["login", "acme", "--api-key", "-"], "BL_CANARY", "invalid_client"),
        (["login", "globex", "--client-credentials", "-"], &emulator.client_credentials(), "access_denied"),
        (["login", "acme", "--client-credentials", "-"], &wrong_client, "invalid_client"),
    ] {
        let refused = feed(&mut emulator.at(&home), &arguments, input);
        assert_eq!((refused.code, refused.stdout.as_str()), (6, ""), "{refused:?}");
        assert!(!refused.stderr.contains("CANARY"), "{refused:?}");
        let event = feed(&mut emulator.at(&home), &[&arguments[..], &["--json"]].concat(), input);
        let error: serde_json::Value = serde_json::from_str(&event.stderr).unwrap();
        let printed: serde_json::Value = serde_json::from_str(&event.stdout).unwrap();
        assert_eq!((&error["kind"], &printed["kind"]), (&json!(kind), &json!(kind)));
        assert_eq!(printed["event"], "error");
        assert_nothing_stored(&emulator, &home);
    }
}

#[test]
fn a_refused_login_leaves_the_one_before() {
    let (emulator, home) = (Emulator::start(), folder("login-left"));
    emulator.logged_in_at(&home);
    assert_eq!(feed(&mut emulator.at(&home), &["login", "acme", "--api-key", "-"], "BL_CANARY").code, 6);
    run(&mut emulator.at(&home), &["token"]).assert_prints(&format!("{}\n", emulator.get("api_key")));
}

#[test]
fn a_login_is_to_one_base_url() {
    let (emulator, other, home) = (Emulator::start(), Emulator::start(), folder("login-base"));
    emulator.logged_in_at(&home);
    assert_eq!(run(&mut other.at(&home), &["token"]).code, 3);
    run(&mut other.at(&home), &["workspaces"]);
    run(&mut emulator.at(&home), &["token"]).assert_prints(&format!("{}\n", emulator.get("api_key")));
}
