use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{BL, Emulator, Outcome, beside, bl, finish, folder, records, run, until};

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
        assert_eq!((text.code, text.stdout.lines().count(), text.stderr.as_str()), (3, 3, ""), "{text:?}");
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

#[test]
fn a_stored_login_is_said_to_be_kept_somewhere() {
    let (emulator, home) = (Emulator::start(), folder("status-kept"));
    emulator.logged_in_at(&home);
    let key = run(&mut emulator.at(&home), &["status"]);
    assert!(key.stdout.ends_with("\nstore file, not renewable\n"), "{key:?}");
    emulator.steer("settings", &json!({"interval_s": 0}));
    let arguments = ["login", "acme", "--device", "--force", "--rotation", "grace:60"];
    let login = emulator.at(&home).args(arguments).spawn().unwrap();
    emulator.approve(&emulator.pending());
    assert_eq!(finish(login).code, 0);
    let text = run(&mut emulator.at(&home), &["status"]);
    assert!(text.stdout.ends_with("\nstore file, renewable, rotation grace:60\n"), "{text:?}");
    let json = run(&mut emulator.at(&home), &["status", "--json"]).json();
    let members = ["store", "rotation", "hidden", "weaker"].map(|name| json[name].clone());
    assert_eq!(members, [json!("file"), json!("grace:60"), Value::Null, json!([])]);
}

#[test]
fn a_variable_that_hides_a_stored_login_is_named() {
    let (emulator, home) = (Emulator::start(), folder("status-hidden"));
    let mut with_key = emulator.at(&home);
    with_key.env("BL_API_KEY", emulator.get("api_key"));
    let nobody = run(&mut with_key, &["status"]);
    assert!(!nobody.stdout.contains("hides"), "{nobody:?}");
    emulator.logged_in_at(&home);
    let mut with_key = emulator.at(&home);
    with_key.env("BL_API_KEY", emulator.get("api_key"));
    let text = run(&mut with_key, &["status"]);
    assert!(
        text.stdout.ends_with(
            "\nin no store, not renewable\nBL_API_KEY hides the login stored for workspace acme\n"
        ),
        "{text:?}"
    );
    let json = run(&mut with_key, &["--json"]).json();
    assert_eq!(json["hidden"], json!({"by": "BL_API_KEY", "workspace": "acme"}));
    run(&mut emulator.at(&home), &["logout"]);
    let mut with_key = emulator.at(&home);
    with_key.env("BL_API_KEY", emulator.get("api_key"));
    assert!(!run(&mut with_key, &["status"]).stdout.contains("hides"));
}

/// The command with a system call that fails, or gives, as strace is told.
fn injected(bl: &Command, calls: &str) -> Outcome {
    let mut strace = beside(bl, "strace");
    strace.args(["-f", "-qqq", "-o", "/dev/null", "-e"]).arg(format!("inject={calls}"));
    run(strace.arg(BL), &["status", "--json"])
}

#[test]
fn what_the_place_of_a_store_cannot_do_is_told() {
    let (emulator, home) = (Emulator::start(), folder("status-weaker"));
    emulator.logged_in_at(&home);
    // The number of a kind of file system, as the kernel writes it first into what it answers.
    let kind = |number: &str| format!("statfs:retval=0:poke_exit=@arg2={number}00000000");
    for (calls, name, word) in [
        (kind("69690000"), "network_file_system", "nfs"),
        (kind("46557365"), "network_file_system", "fuse"),
        (kind("444d0000"), "no_hard_links", "renamed"),
        ("flock:error=ENOLCK".to_owned(), "no_locks", "flock"),
        ("flock:error=ENOSYS".to_owned(), "no_locks", "flock"),
        ("access,faccessat,faccessat2:error=EROFS".to_owned(), "read_only", "written"),
    ] {
        let status = injected(&emulator.at(&home), &calls);
        let json = status.json();
        assert_eq!(
            (status.code, &json["ok"], json["weaker"].as_array().map(Vec::len)),
            (0, &json!(true), Some(1))
        );
        assert_eq!(json["weaker"][0]["name"], name, "{calls}: {json}");
        assert!(json["weaker"][0]["why"].as_str().unwrap().contains(word), "{calls}: {json}");
    }
}

#[test]
fn a_login_that_a_newer_version_wrote_is_told() {
    let (emulator, home) = (Emulator::start(), folder("status-newer"));
    emulator.logged_in_at(&home);
    for file in records(&home) {
        let mut record: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        if record["kind"] == "api_key" {
            record["format"] = json!(99);
            fs::write(&file, record.to_string()).unwrap();
        }
    }
    let text = run(emulator.at(&home).env("BL_WORKSPACE", "acme"), &["status"]);
    assert_eq!((text.code, text.stdout.lines().count()), (3, 2), "{text:?}");
    assert!(text.stdout.contains("format 99") && text.stdout.contains("\nweaker promise: a newer version"));
    let json = run(emulator.at(&home).env("BL_WORKSPACE", "acme"), &["status", "--json"]).json();
    assert_eq!((&json["ok"], &json["store"]), (&json!(false), &json!("file")));
    assert_eq!(json["weaker"][0]["name"], "newer_format");
}
