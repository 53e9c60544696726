use std::io::ErrorKind;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beamlit_emulator::{Announcement, Emulator, Options, serve};
use serde_json::{Value, json};

use crate::{get, post_json};

/// What a program that runs the emulator prints; `check` runs while it serves.
fn announced(options: Options, announcement: Announcement, check: impl FnOnce(&Emulator)) -> String {
    let mut out = Vec::new();
    serve(options, announcement, &mut out, check).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_ready_event_is_one_line_with_credentials_that_work() {
    let mut requests = Vec::new();
    let out = announced(Emulator::builder(), Announcement::Json, |emulator| {
        requests.push(get(&emulator.console_url(), &[]).status);
    });
    assert_eq!(requests, [200], "it serves while it waits");
    assert_eq!(out.matches('\n').count(), 1);
    let ready: Value = serde_json::from_str(&out).unwrap();
    let members: Vec<&String> = ready.as_object().unwrap().keys().collect();
    let expected = [
        "api_key",
        "api_url",
        "client_id",
        "client_secret",
        "console_url",
        "event",
        "issuer",
        "pid",
        "token_endpoint",
        "workspace",
    ];
    assert_eq!(members, expected);
    assert_eq!((&ready["event"], &ready["workspace"]), (&json!("ready"), &json!("acme")));
    assert_eq!(ready["pid"], std::process::id());
    for (name, prefix) in [("api_key", "BL_"), ("client_id", "sa_"), ("client_secret", "cs_")] {
        assert!(ready[name].as_str().unwrap().starts_with(&format!("{prefix}EMULATOR")), "{name}");
    }
}

#[test]
fn the_text_can_be_pasted_into_a_shell() {
    let seeded = Emulator::builder().workspaces(["globex"]);
    let out = announced(seeded, Announcement::Text, |_| {});
    let value = |name: &str| {
        let line = out.lines().find_map(|line| line.trim().strip_prefix(&format!("export {name}=")));
        line.unwrap_or_else(|| panic!("no {name} in the text")).to_owned()
    };
    assert!(value("BL_API_URL").ends_with("/v0"));
    assert!(value("BL_API_KEY").starts_with("BL_EMULATOR"));
    let pair = String::from_utf8(STANDARD.decode(value("BL_CLIENT_CREDENTIALS")).unwrap()).unwrap();
    assert!(pair.starts_with("sa_EMULATOR") && pair.contains(":cs_EMULATOR"));
    assert!(out.contains("globex"));
}

#[test]
fn announced_credentials_open_the_api() {
    // The announcement is complete before the wait begins, so a reader of a pipe may use it from then on.
    let (reader, mut writer) = std::io::pipe().unwrap();
    serve(Emulator::builder(), Announcement::Json, &mut writer, |_| {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(reader), &mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| ready[name].as_str().unwrap();
        let body = json!({"grant_type": "client_credentials",
            "client_id": text("client_id"), "client_secret": text("client_secret")});
        assert_eq!(post_json(text("token_endpoint"), &[], &body).status, 200);
        assert_eq!(get(&format!("{}/models", text("api_url")), &[("Api-Key", text("api_key"))]).status, 200);
    })
    .unwrap();
}

#[test]
fn a_taken_port_and_a_bad_seed_are_told() {
    let emulator = Emulator::start().unwrap();
    let port = emulator.console_url().rsplit(':').next().unwrap().parse().unwrap();
    let error = Emulator::builder().port(port).start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")));
    drop(emulator);
    let again = Emulator::builder().port(port).start().unwrap();
    assert!(again.api_url().contains(&port.to_string()), "the port is free again at once");

    let folder = std::env::temp_dir().join(format!("beamlit-emulator-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("seed.json");
    let seeded = |json: &str| {
        std::fs::write(&file, json).unwrap();
        Emulator::builder().seed(&file)
    };
    let emulator = seeded(r#"{"workspaces": ["globex", "initech"]}"#).unwrap().start().unwrap();
    assert_eq!(emulator.workspaces(), ["globex", "initech"]);
    for bad in ["", "[]", r#"{"workspaces": 1}"#, r#"{"spaces": []}"#] {
        let error = seeded(bad).unwrap_err();
        assert!(error.to_string().contains("seed.json"), "{error}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(Emulator::builder().seed(&file).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn the_environment_points_every_tool_here() {
    let emulator = Emulator::start().unwrap();
    let env = emulator.env();
    assert!(env.contains(&("BL_API_URL".to_owned(), emulator.api_url())));
    assert!(env.iter().all(|(_, value)| *value == emulator.api_url()));
    assert_eq!(format!("{emulator:?}"), format!("Emulator {{ origin: {:?}, .. }}", emulator.console_url()));
}
