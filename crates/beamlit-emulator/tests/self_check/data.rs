//! What outlives a restart.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use beamlit_emulator::{Emulator, Rotation};
use serde_json::json;

use crate::{Answer, get, models, post_json};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("beamlit-data-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("emulator.json")
    }

    fn start(&self) -> Emulator {
        Emulator::builder().data(&self.file()).start().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn refresh(emulator: &Emulator, refresh_token: &str) -> Answer {
    let body = json!({"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": "beamlit"});
    post_json(&emulator.token_endpoint(), &[], &body)
}

fn by_key(emulator: &Emulator, key: &str) -> u16 {
    get(&format!("{}/models", emulator.api_url()), &[("Api-Key", key)]).status
}

#[test]
fn a_restart_loses_nothing_that_was_issued() {
    let folder = Folder::new("restart");
    let emulator = folder.start();
    let (url, login, key) = (emulator.api_url(), emulator.login("globex"), emulator.api_key("acme"));
    let (client_id, client_secret) = emulator.client_credentials("acme");
    drop(emulator);
    let emulator = folder.start();
    assert_eq!(emulator.api_url(), url, "a login is one to a base URL, the port included");
    assert_eq!(emulator.workspaces(), ["acme", "globex"]);
    assert_eq!(models(&emulator, &login.access_token), 200);
    assert_eq!(by_key(&emulator, &key), 200);
    let body =
        json!({"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret});
    assert_eq!(post_json(&emulator.token_endpoint(), &[], &body).status, 200);
    assert_eq!(refresh(&emulator, &login.refresh_token).status, 200);
    let mode = std::fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "{mode:o}");
}

#[test]
fn a_spent_refresh_token_and_the_clock_are_remembered() {
    let folder = Folder::new("spent");
    let emulator = folder.start();
    emulator.configure(|settings| settings.rotation = Some(Rotation::Strict));
    let login = emulator.login("acme");
    let renewed = refresh(&emulator, &login.refresh_token).json();
    emulator.advance(7300);
    drop(emulator);
    let emulator = folder.start();
    emulator.configure(|settings| settings.rotation = Some(Rotation::Strict));
    assert_eq!(models(&emulator, renewed["access_token"].as_str().unwrap()), 401, "it is over");
    assert_ne!(refresh(&emulator, &login.refresh_token).status, 200);
    assert_eq!(emulator.reuse_events(), 1);
    assert_eq!(refresh(&emulator, renewed["refresh_token"].as_str().unwrap()).status, 200);
}

#[test]
fn what_was_answered_is_in_the_file() {
    let folder = Folder::new("answered");
    let emulator = folder.start();
    let renewed = refresh(&emulator, &emulator.login("acme").refresh_token).json();
    let token = renewed["access_token"].as_str().unwrap();
    // What a kill would leave, on a port of its own.
    let copy = folder.0.join("copy.json");
    std::fs::copy(folder.file(), &copy).unwrap();
    let error = Emulator::builder().data(&copy).start().unwrap_err();
    assert!(error.to_string().contains("127.0.0.1:"), "its port is taken: {error}");
    let origin = emulator.console_url();
    drop(emulator);
    let after = Emulator::builder().data(&copy).start().unwrap();
    assert_eq!((after.console_url(), models(&after, token)), (origin, 200));
}

#[test]
fn a_file_that_cannot_be_used_is_named_and_left_as_it_is() {
    let folder = Folder::new("bad");
    for bad in ["", "[]", r#"{"port": "CANARY"}"#, "{\"port\": 1"] {
        std::fs::write(folder.file(), bad).unwrap();
        let error = Emulator::builder().data(&folder.file()).start().unwrap_err().to_string();
        assert!(error.contains("emulator.json") && !error.contains("CANARY"), "{error}");
        assert_eq!(std::fs::read_to_string(folder.file()).unwrap(), bad);
    }
    let error = Emulator::builder().data(&folder.0.join("none/such.json")).start().unwrap_err();
    assert!(error.to_string().contains("such.json"), "{error}");
}
