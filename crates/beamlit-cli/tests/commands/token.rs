use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::{Emulator, age, finish, folder, run};

/// Somebody is logged in at `home`, on a server that rotates refresh tokens so, and the token is due.
fn logged_in(emulator: &Emulator, home: &Path, rotation: &str) {
    let server = if rotation == "none" { "none" } else { "revoke" };
    emulator.steer("settings", &json!({"rotation": server, "interval_s": 0}));
    let mut login = emulator.at(home);
    let login = login.args(["login", "acme", "--device", "--rotation", rotation]).spawn().unwrap();
    emulator.approve(&emulator.pending());
    assert_eq!(finish(login).code, 0);
    age(home);
}

#[test]
fn an_api_key_is_printed_and_nothing_else() {
    let emulator = Emulator::start();
    let key = emulator.get("api_key");
    run(&mut emulator.with_key(), &["token"]).assert_prints(&format!("{key}\n"));
    let expected =
        json!({"access_token": key, "token_type": "", "expires_at": null, "scope": "", "workspace": null});
    assert_eq!(run(&mut emulator.with_key(), &["token", "--json"]).json(), expected);
    assert_eq!(emulator.recorded()["token_requests"], 0);
}

#[test]
fn client_credentials_give_a_token_that_the_api_takes() {
    let emulator = Emulator::start();
    let printed = run(&mut emulator.with_client(), &["token"]);
    let token = printed.stdout.trim_end();
    printed.assert_prints(&format!("{token}\n"));
    let models = crate::agent().get(emulator.models()).header("authorization", format!("Bearer {token}"));
    assert_eq!(models.call().unwrap().status(), 200);
}

#[test]
fn the_object_has_unix_seconds_and_the_workspace() {
    let emulator = Emulator::start();
    let token = run(&mut emulator.with_client(), &["--json", "token", "globex"]).json();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let left = token["expires_at"].as_u64().unwrap() - now;
    assert!((7100..=7200).contains(&left), "{left}");
    assert_eq!((&token["token_type"], &token["workspace"]), (&json!("Bearer"), &json!("globex")));
    assert_eq!(token["access_token"].as_str().unwrap().split('.').count(), 3);
    assert!(token["scope"].is_string());
    assert_eq!(token.as_object().unwrap().len(), 5);
}

#[test]
fn the_workspace_is_the_argument_the_flag_or_the_variable() {
    let emulator = Emulator::start();
    let workspace = |arguments: &[&str]| {
        let mut bl = emulator.with_key();
        let arguments = [&["token", "--json"], arguments].concat();
        run(bl.env("BL_WORKSPACE", "from-variable"), &arguments).json()["workspace"].clone()
    };
    assert_eq!(workspace(&[]), "from-variable");
    assert_eq!(workspace(&["one"]), "one");
    assert_eq!(workspace(&["-w", "two"]), "two");
    assert_eq!(workspace(&["same", "--workspace", "same"]), "same");
    let two = run(&mut emulator.with_key(), &["token", "one", "-w", "two", "--json"]);
    assert_eq!(two.error()["kind"], "invalid_argument");
}

#[test]
fn the_time_limit_takes_fractions_of_a_second() {
    let emulator = Emulator::start();
    emulator.fault(json!({"hang": true}));
    let begun = Instant::now();
    let error = run(&mut emulator.with_client(), &["token", "--json", "--timeout", "0.25"]).error();
    let took = begun.elapsed();
    assert_eq!((&error["kind"], &error["retry_after"]), (&json!("deadline_exceeded"), &json!(0)));
    assert!((Duration::from_millis(250)..Duration::from_secs(5)).contains(&took), "{took:?}");
}

#[test]
fn what_a_token_must_be_good_for_is_cut_to_what_there_is() {
    let emulator = Emulator::start();
    for seconds in ["0", "0.5", "7000", "1e9"] {
        let printed = run(&mut emulator.with_client(), &["token", "--min-valid", seconds]);
        assert_eq!((printed.code, printed.stderr.as_str()), (0, ""), "{seconds}");
    }
}

#[test]
fn a_server_that_hangs_holds_up_a_valid_token_for_the_patience_of_one_caller() {
    let (emulator, home) = (Emulator::start(), folder("token-hangs"));
    logged_in(&emulator, &home, "none");
    emulator.fault(json!({"hang": true}));
    let requests = || emulator.recorded()["token_requests"].as_u64().unwrap();
    let before = requests();
    let begun = Instant::now();
    let printed = run(&mut emulator.at(&home), &["token"]);
    let took = begun.elapsed();
    printed.assert_prints(&printed.stdout);
    assert!((Duration::from_millis(1900)..Duration::from_secs(10)).contains(&took), "{took:?}");
    // It has left its request behind: nobody sends another one at once, or is held up again.
    let again = Instant::now();
    run(&mut emulator.at(&home), &["token"]).assert_prints(&printed.stdout);
    println!("after {took:?}, then after {:?}", again.elapsed());
    if begun.elapsed() < Duration::from_secs(5) {
        assert_eq!(requests(), before + 1);
        assert!(again.elapsed() < Duration::from_millis(1900), "{:?}", again.elapsed());
    }
}

#[test]
fn whoever_reads_the_token_has_it_before_the_process_has_waited_for_a_renewal() {
    let (emulator, home) = (Emulator::start(), folder("token-spends"));
    logged_in(&emulator, &home, "strict");
    emulator.fault(json!({"delay_s": 8, "times": 1}));
    let mut child = emulator.at(&home).arg("token").spawn().unwrap();
    let (begun, mut token) = (Instant::now(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut token).unwrap();
    assert_eq!(token.trim_end().split('.').count(), 3);
    let read = begun.elapsed();
    assert!(read < Duration::from_secs(7), "{read:?}");
    let ended = finish(child);
    assert!(ended.stderr.starts_with("waiting for the answer to a renewal"), "{ended:?}");
    assert!((0, true) == (ended.code, begun.elapsed() > Duration::from_secs(7)), "{ended:?}");
    let renewed = run(&mut emulator.at(&home), &["token"]);
    assert!(renewed.code == 0 && renewed.stdout != token, "what was answered was kept");
}
