use serde_json::json;

use crate::{Emulator, feed, folder, run};

/// A login to each of these workspaces, in this order.
fn log_in(emulator: &Emulator, home: &std::path::Path, workspaces: &[&str]) {
    for workspace in workspaces {
        let key = emulator.steer("api_key", &json!({"workspace": workspace}));
        let key: serde_json::Value = serde_json::from_str(&key).unwrap();
        let key = key["api_key"].as_str().unwrap();
        let login = feed(&mut emulator.at(home), &["login", workspace, "--api-key", "-"], key);
        assert_eq!(login.code, 0, "{login:?}");
    }
}

#[test]
fn the_last_login_is_the_current_one_until_another_is_chosen() {
    let (emulator, home) = (Emulator::start(), folder("workspaces"));
    log_in(&emulator, &home, &["globex", "acme", "initech"]);
    let list = |arguments: &[&str]| run(&mut emulator.at(&home), &[&["workspaces"], arguments].concat());
    list(&[]).assert_prints("  acme\n  globex\n* initech\n");
    list(&["globex"]).assert_prints("  acme\n* globex\n  initech\n");
    let object = json!({"workspaces": ["acme", "globex", "initech"], "current": "globex"});
    assert_eq!(list(&["--json"]).json(), object);
    let current = || run(&mut emulator.at(&home), &["token", "--json"]).json()["workspace"].clone();
    assert_eq!(current(), "globex");
    assert_eq!(run(&mut emulator.at(&home), &["login", "acme"]).code, 0);
    assert_eq!(current(), "acme", "a login that is kept is the current one too");
    assert_eq!(run(&mut emulator.at(&home), &["logout"]).code, 0);
    list(&[]).assert_prints("  globex\n  initech\n");
    assert_eq!(run(&mut emulator.at(&home), &["token"]).code, 3, "none is taken in its place");
}

#[test]
fn only_a_workspace_with_a_login_can_be_the_current_one() {
    let (emulator, home) = (Emulator::start(), folder("workspaces-unknown"));
    log_in(&emulator, &home, &["acme"]);
    let refused = run(&mut emulator.at(&home), &["workspaces", "nowhere"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    assert!(refused.stderr.contains("bl login nowhere"), "{}", refused.stderr);
    run(&mut emulator.at(&home), &["workspaces"]).assert_prints("* acme\n");
}

#[test]
fn without_a_login_there_is_nothing_to_list() {
    let (emulator, home) = (Emulator::start(), folder("workspaces-none"));
    let none = run(&mut emulator.at(&home), &["workspaces"]);
    assert_eq!((none.code, none.stdout.as_str()), (0, ""));
    assert!(none.stderr.contains("bl login"), "{}", none.stderr);
    assert_eq!(run(&mut emulator.at(&home), &["workspaces", "-q"]).printed(), "");
    assert!(!home.join(".beamlit").exists(), "looking leaves nothing behind");
    assert_eq!(emulator.recorded()["requests"], json!([]));
}
