use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Child;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{Emulator, PATIENCE, expire, finish, folder, run};

/// An emulator whose logins are polled at once.
fn emulator() -> Emulator {
    let emulator = Emulator::start();
    emulator.steer("settings", &json!({"interval_s": 0}));
    emulator
}

/// The events of `bl login --json`, one at a time.
struct Events {
    child: Option<Child>,
    lines: Receiver<String>,
}

impl Events {
    fn start(emulator: &Emulator, home: &Path, arguments: &[&str]) -> Self {
        let mut child = emulator.at(home).args(["login", "--json"]).args(arguments).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || stdout.lines().try_for_each(|line| sender.send(line.unwrap())));
        Self { child: Some(child), lines }
    }

    fn next(&self) -> Value {
        serde_json::from_str(&self.lines.recv_timeout(PATIENCE).unwrap()).unwrap()
    }

    /// The first of that name, which may come after others of the name `pending`.
    fn next_but_pending(&self) -> Value {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let event = self.next();
            if event["event"] != "pending" {
                return event;
            }
        }
        panic!("nothing but pending")
    }

    fn end(mut self) -> crate::Outcome {
        finish(self.child.take().unwrap())
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn a_person_sees_link_code_and_what_is_approved_and_every_process_uses_the_login() {
    let (emulator, home) = (emulator(), folder("device-text"));
    let login = emulator.at(&home).args(["login", "acme", "--device"]).spawn().unwrap();
    let code = emulator.pending();
    emulator.approve(&code);
    let login = finish(login);
    assert_eq!((login.code, login.stdout.as_str()), (0, ""), "{login:?}");
    let page = format!("{}/device", emulator.get("console_url"));
    let host = rustix::system::uname().nodename().to_str().unwrap().to_owned();
    for text in [
        "workspace acme",
        &format!("\n    {page}?code={code}\n"),
        &format!("\n    {code}\n"),
        &format!("enter it at {page}:"),
        "client beamlit",
        &format!("this machine, {host},"),
        "Never enter a code that somebody sent you.",
        "10 minutes",
        &format!("\nlogged in to workspace acme at {} (device_code)\n", emulator.api_url()),
    ] {
        assert!(login.stderr.contains(text), "{text}: {}", login.stderr);
    }
    assert!(login.stderr.lines().all(|line| line.len() <= 100), "{}", login.stderr);
    let token = run(&mut emulator.at(&home), &["token"]);
    assert_eq!((token.code, token.stdout.split('.').count(), token.stderr.as_str()), (0, 3, ""));
    let models = crate::agent()
        .get(emulator.models())
        .header("authorization", format!("Bearer {}", token.stdout.trim_end()));
    assert_eq!(models.call().unwrap().status(), 200);
    run(&mut emulator.at(&home), &["workspaces"]).assert_prints("* acme\n");
    let status = run(&mut emulator.at(&home), &["status"]).stdout;
    let is_good = |minutes| status.contains(&format!(", its token is good for {minutes} min\n"));
    assert!(is_good(119) || is_good(120), "{status}");
    expire(&home);
    let status = run(&mut emulator.at(&home), &["status"]).stdout;
    assert!(status.contains(", its token has expired and is renewed when it is needed\n"), "{status}");
}

#[test]
fn a_program_sees_events_and_nothing_else() {
    let (emulator, home) = (emulator(), folder("device-events"));
    let events = Events::start(&emulator, &home, &["acme"]);
    let codes = events.next();
    let page = format!("{}/device", emulator.get("console_url"));
    let code = codes["user_code"].as_str().unwrap();
    assert_eq!(codes["event"], "device_code");
    assert_eq!(codes["verification_uri"], page);
    assert_eq!(codes["verification_uri_complete"], format!("{page}?code={code}"));
    assert_eq!(codes["interval"], 0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!((now + 590..=now + 601).contains(&codes["expires_at"].as_u64().unwrap()), "{codes}");
    assert_eq!(codes.as_object().unwrap().len(), 6);
    assert_eq!(events.next(), json!({"event": "pending"}));
    emulator.approve(code);
    let success = events.next_but_pending();
    assert_eq!((&success["event"], &success["workspace"]), (&json!("success"), &json!("acme")));
    let status = run(&mut emulator.at(&home), &["status", "--json", "-w", "acme"]).json();
    for (name, value) in status.as_object().unwrap() {
        assert_eq!(&success[name], value, "{name}");
    }
    let ended = events.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
}

#[test]
fn a_server_without_a_complete_link_is_no_trouble() {
    let (emulator, home) = (emulator(), folder("device-plain"));
    emulator.steer("settings", &json!({"device_omit": ["verification_uri_complete", "interval"]}));
    let login = emulator.at(&home).args(["login", "acme", "--device"]).spawn().unwrap();
    let code = emulator.pending();
    emulator.approve(&code);
    let text = finish(login);
    let page = format!("{}/device", emulator.get("console_url"));
    assert!(
        text.stderr.contains(&format!("\n    {page}\n\nand enter this code:\n\n    {code}\n")),
        "{text:?}"
    );
    let events = Events::start(&emulator, &home, &["acme", "--force"]);
    let codes = events.next();
    assert_eq!((&codes["verification_uri_complete"], &codes["interval"]), (&json!(null), &json!(5)));
}

#[test]
fn rfc8628_3_5_the_end_is_an_event_an_error_and_an_exit_code() {
    let (emulator, home) = (emulator(), folder("device-ends"));
    let denied = Events::start(&emulator, &home, &["acme"]);
    let code = denied.next()["user_code"].clone();
    emulator.steer("deny", &json!({"user_code": code}));
    let event = denied.next_but_pending();
    let error = denied.end().error();
    assert_eq!((&event["event"], &event["kind"]), (&json!("error"), &json!("access_denied")));
    assert_eq!((&error["kind"], &error["exit_code"]), (&json!("access_denied"), &json!(6)));
    for (name, value) in error.as_object().unwrap() {
        assert_eq!(&event[name], value, "{name}");
    }
    emulator.steer("settings", &json!({"device_code_lifetime_s": 1}));
    let expired = run(&mut emulator.at(&home), &["login", "acme", "--device"]);
    assert_eq!((expired.code, expired.stdout.as_str()), (3, ""), "{expired:?}");
    assert!(expired.stderr.ends_with("bl: the code was not approved in time; start the login again\n"));
    assert_eq!(run(&mut emulator.at(&home), &["status"]).code, 3, "nothing was stored");
}

#[test]
fn rfc8628_3_5_slow_down_is_told() {
    let (emulator, home) = (emulator(), folder("device-slow"));
    emulator.steer("settings", &json!({"interval_s": 1, "slow_downs": 1}));
    let events = Events::start(&emulator, &home, &["acme"]);
    assert_eq!(events.next()["interval"], 1);
    assert_eq!(events.next_but_pending(), json!({"event": "slow_down", "interval": 6}));
}

#[test]
fn the_client_and_the_scope_can_be_chosen() {
    let (emulator, home) = (emulator(), folder("device-client"));
    let mut login = emulator.at(&home);
    login.args(["login", "acme", "--client-id", "my-cli", "--scope", "offline_access models"]);
    let login = login.spawn().unwrap();
    let code = emulator.pending();
    let pending = crate::agent().get(format!("{}/_emulator/pending", emulator.get("console_url"))).call();
    let pending = pending.unwrap().body_mut().read_to_string().unwrap();
    let pending: Value = serde_json::from_str(&pending).unwrap();
    assert_eq!(pending[0]["client_id"], "my-cli");
    assert_eq!(pending[0]["scope"], "offline_access models");
    emulator.approve(&code);
    let login = finish(login);
    assert!(login.code == 0 && login.stderr.contains("as client my-cli."), "{login:?}");
}

#[test]
fn without_a_workspace_the_only_one_is_taken() {
    let (emulator, home) = (emulator(), folder("device-only"));
    let login = emulator.at(&home).args(["login", "--device"]).spawn().unwrap();
    emulator.approve(&emulator.pending());
    let login = finish(login);
    assert!(login.code == 0 && login.stderr.contains("logged in to workspace acme"), "{login:?}");
    run(&mut emulator.at(&home), &["workspaces"]).assert_prints("* acme\n");
}

#[test]
fn ctrl_c_gives_up_at_once_and_a_later_approval_stores_nothing() {
    let (emulator, home) = (emulator(), folder("device-interrupt"));
    let mut longest = Duration::ZERO;
    for round in 0..10 {
        emulator.steer("settings", &json!({"interval_s": round % 2 * 5}));
        let login = emulator.at(&home).args(["login", "acme", "--device"]).spawn().unwrap();
        let code = emulator.pending();
        let begun = Instant::now();
        kill_process(Pid::from_child(&login), Signal::INT).unwrap();
        let ended = finish(login);
        longest = longest.max(begun.elapsed());
        assert_eq!((ended.code, ended.stdout.as_str()), (130, ""), "{ended:?}");
        assert!(ended.stderr.ends_with("bl: interrupted\n"), "{ended:?}");
        emulator.approve(&code);
        assert_eq!(run(&mut emulator.at(&home), &["status"]).code, 3);
    }
    println!("longest of 10 from SIGINT to the end of the process: {longest:?}");
    assert!(longest < Duration::from_millis(1500), "{longest:?}");
}

#[test]
fn ctrl_c_ends_the_start_of_a_login_too() {
    let (emulator, home) = (emulator(), folder("device-start"));
    emulator.steer("fault", &json!({"path": "/login/device", "hang": true}));
    let events = Events::start(&emulator, &home, &["acme"]);
    crate::until("a request", || !emulator.recorded()["requests"].as_array().unwrap().is_empty());
    let begun = Instant::now();
    kill_process(Pid::from_child(events.child.as_ref().unwrap()), Signal::INT).unwrap();
    let event = events.next();
    assert_eq!((&event["event"], &event["kind"]), (&json!("error"), &json!("cancelled")));
    assert_eq!(events.end().code, 130);
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
}

#[test]
fn what_a_server_sends_as_codes_reaches_no_terminal_as_it_is() {
    let (emulator, home) = (emulator(), folder("device-hostile"));
    let hostile = "A\u{1b}]52;c;Q0FOQVJZ\u{7}\u{9b}31m\u{202e}\r\nbl: done";
    for extra in
        [json!({"user_code": hostile}), json!({"verification_uri": format!("https://a.example/{hostile}")})]
    {
        emulator.steer("settings", &json!({"device_extra": extra, "device_code_lifetime_s": 1}));
        let login = run(&mut emulator.at(&home), &["login", "acme", "--device"]);
        assert!(login.code != 0 && login.stdout.is_empty(), "{login:?}");
        let control = |c: char| c.is_control() && c != '\n';
        assert!(!login.stderr.contains(control) && !login.stderr.contains('\u{202e}'), "{login:?}");
        assert!(!login.stderr.contains("\nbl: done"), "{login:?}");
    }
}

#[test]
fn the_login_of_a_client_at_an_issuer_is_found_by_its_name_and_revoked_at_the_end() {
    let (emulator, home) = (emulator(), folder("device-issuer"));
    emulator.steer("settings", &json!({"dialect": "strict", "interval_s": 0}));
    let bl = || {
        let mut bl = crate::bl();
        bl.env("HOME", &home).env("BL_API_KEY", "BL_CANARY");
        bl
    };
    let at = ["--issuer", emulator.get("issuer"), "--client-id", "my-cli"];
    for json in [false, true] {
        let login = bl().args([&["login"], &at[..]].concat()).spawn().unwrap();
        emulator.approve(&emulator.pending());
        let login = finish(login);
        assert_eq!(login.code, 0, "{login:?}");
        let token = run(&mut bl(), &[&["token"], &at[..]].concat());
        assert_eq!((token.code, token.stdout.split('.').count()), (0, 3), "{token:?}");
        if json {
            let ended = run(&mut bl(), &[&["logout", "--json"], &at[..]].concat()).json();
            assert_eq!(ended, json!({"revoked": true, "deleted": true}));
        } else {
            let ended = run(&mut bl(), &[&["logout"], &at[..]].concat());
            assert_eq!((ended.code, ended.stdout.as_str()), (0, ""));
            assert!(
                ended.stderr.starts_with("logged out: revoked at the server and deleted here"),
                "{ended:?}"
            );
        }
        let refused = run(&mut bl(), &[&["token"], &at[..]].concat());
        assert_eq!(refused.code, 3, "{refused:?}");
    }
}

#[test]
fn a_device_login_asks_for_nobody_s_variables_and_names_the_one_that_wins() {
    let (emulator, home) = (emulator(), folder("device-variables"));
    let mut login = emulator.at(&home);
    login.env("BL_API_KEY", emulator.get("api_key")).args(["login", "acme", "--device"]);
    let login = login.spawn().unwrap();
    emulator.approve(&emulator.pending());
    let login = finish(login);
    assert!(login.code == 0 && login.stderr.contains("(device_code)"), "{login:?}");
    assert!(login.stderr.contains("BL_API_KEY is set"), "{login:?}");
}

#[test]
fn without_a_workspace_and_with_several_a_program_is_told_to_name_one() {
    let home = folder("login-several");
    let seed = home.join("seed.json");
    fs::write(&seed, json!({"workspaces": ["acme", "globex"]}).to_string()).unwrap();
    let emulator = Emulator::start_with(&["--seed", seed.to_str().unwrap()]);
    emulator.steer("settings", &json!({"interval_s": 0}));
    let login = emulator.at(&home).args(["login", "--device"]).spawn().unwrap();
    emulator.approve(&emulator.pending());
    let login = finish(login);
    assert_eq!(login.code, 2, "{login:?}");
    assert!(login.stderr.contains("acme") && login.stderr.contains("globex"), "{login:?}");
    assert_eq!(run(&mut emulator.at(&home), &["status"]).code, 3, "nothing was stored");
}

#[test]
fn another_scope_or_rotation_than_the_logins_is_told_and_mended_by_a_login() {
    let (emulator, home) = (emulator(), folder("device-fit"));
    let log_in = |arguments: &[&str]| {
        let login = emulator.at(&home).args([&["login", "acme", "--device"], arguments].concat()).spawn();
        emulator.approve(&emulator.pending());
        let login = finish(login.unwrap());
        assert_eq!(login.code, 0, "{login:?}");
    };
    log_in(&[]);
    let again = run(&mut emulator.at(&home), &["login", "acme", "--device"]);
    assert!(again.stderr.starts_with("already logged in"), "{again:?}");
    // Each of the two is asked for: it is not what is there already.
    log_in(&["--scope", "models:read"]);
    let refused = run(&mut emulator.at(&home), &["token", "--rotation", "strict", "--json"]).error();
    assert_eq!((&refused["kind"], &refused["exit_code"]), (&json!("invalid_config"), &json!(2)));
    let refused = run(&mut emulator.at(&home), &["login", "acme", "--device", "--rotation", "strict"]);
    assert!(refused.code == 2 && refused.stderr.contains("--force"), "{refused:?}");
    log_in(&["--rotation", "strict", "--force"]);
    assert_eq!(run(&mut emulator.at(&home), &["token", "--rotation", "strict"]).code, 0);
}
