use serde_json::json;

use crate::{Emulator, bl, folder, run};

#[test]
fn status_says_what_is_in_use() {
    let emulator = Emulator::start();
    let status = run(&mut emulator.with_client(), &["status", "--json", "-w", "acme"]).json();
    let expected = json!({
        "ok": true,
        "workspace": "acme",
        "platform": "beamlit",
        "api_url": emulator.api_url(),
        "credential": "client_credentials",
        "source": "environment:BL_CLIENT_CREDENTIALS",
        "identity": emulator.get("client_id"),
        "expires_at": null,
        "renewable": true,
        "header": "Authorization",
        "origins": [emulator.get("console_url")],
        "shadowing": ["BL_CLIENT_CREDENTIALS"],
        "mirror": null,
        "store": null,
        "rotation": null,
        "hidden": null,
        "weaker": [],
    });
    assert_eq!(status, expected);
    let text = run(&mut emulator.with_client(), &["status", "-w", "acme"]);
    assert_eq!((text.code, text.stdout.lines().count(), text.stderr.as_str()), (0, 2, ""));
    for word in ["client_credentials", "BL_CLIENT_CREDENTIALS", "acme", emulator.api_url()] {
        assert!(text.stdout.contains(word), "{word}: {}", text.stdout);
    }
}

#[test]
fn explain_says_what_was_looked_at() {
    let emulator = Emulator::start();
    let mut both = emulator.with_key();
    both.env("BL_CLIENT_CREDENTIALS", emulator.client_credentials());
    let explanation = run(&mut both, &["explain", "--json"]).json();
    assert_eq!(
        (&explanation["version"], &explanation["picked"]["credential"]),
        (&json!(1), &json!("api_key"))
    );
    let outcome = |link: usize| (&explanation["links"][link]["link"], &explanation["links"][link]["outcome"]);
    assert_eq!(outcome(1), (&json!("BL_API_KEY"), &json!("picked")));
    assert_eq!(outcome(2), (&json!("BL_CLIENT_CREDENTIALS"), &json!("skipped")));
    let text = run(&mut emulator.with_key(), &["explain"]);
    assert!(text.code == 0 && text.stdout.lines().count() > 3, "{text:?}");
}

#[test]
fn without_a_credential_both_say_so_and_exit_with_3() {
    let status = run(&mut bl(), &["status", "--json"]);
    assert_eq!((status.code, status.json()["ok"].clone()), (3, json!(false)));
    let explanation = run(&mut bl(), &["explain", "--json"]);
    assert_eq!((explanation.code, explanation.json()["picked"].clone()), (3, json!(null)));
    for command in ["status", "explain"] {
        let text = run(&mut bl(), &[command]);
        assert_eq!((text.code, text.stderr.as_str()), (3, ""));
        assert!(text.stdout.contains("BL_API_KEY"), "it says what to set: {}", text.stdout);
    }
}

#[test]
fn neither_asks_the_server() {
    let emulator = Emulator::start();
    for command in ["status", "explain"] {
        assert_eq!(run(&mut emulator.with_client(), &[command]).code, 0);
    }
    assert_eq!(emulator.recorded()["requests"], json!([]));
}

#[test]
fn verbose_explains_on_standard_error() {
    let emulator = Emulator::start();
    let printed = run(&mut emulator.with_key(), &["token", "-v"]);
    assert_eq!((printed.code, printed.stdout), (0, format!("{}\n", emulator.get("api_key"))));
    assert!(printed.stderr.contains("api_key from environment:BL_API_KEY"), "{}", printed.stderr);
    assert!(!printed.stderr.contains("BL_EMULATOR"));
}

#[test]
fn the_status_names_the_current_workspace() {
    let (emulator, home) = (Emulator::start(), folder("status-current"));
    emulator.logged_in_at(&home);
    let status = run(&mut emulator.at(&home), &["status", "--json"]).json();
    assert_eq!(status["workspace"], "acme");
    let text = run(&mut emulator.at(&home), &["status"]);
    assert!(text.stdout.contains("acme"), "{text:?}");
    let text = run(&mut emulator.at(&home), &["explain"]);
    assert!(text.stdout.contains(" login (store): api_key is stored\n"), "{text:?}");
    assert!(text.stdout.ends_with("config.yaml holds the same login\n"), "{text:?}");
}

#[test]
fn a_stored_key_is_of_no_client() {
    let (emulator, home) = (Emulator::start(), folder("status-key"));
    let status = run(&mut emulator.logged_in_at(&home), &["status", "--json"]).json();
    assert_eq!((&status["credential"], &status["identity"]), (&json!("api_key"), &json!(null)));
    let text = run(&mut emulator.at(&home), &["status"]);
    assert!(text.code == 0 && !text.stdout.contains("identity"), "{text:?}");
}
