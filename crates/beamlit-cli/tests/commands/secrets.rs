use std::fs;
use std::process::Command;

use serde_json::json;

use crate::{Emulator, beside, bl, finish, folder, run};

/// Every command that looks at a credential, in every way of printing but those that print it.
const ASKING: [&[&str]; 7] = [
    &["status"],
    &["status", "--json"],
    &["explain"],
    &["explain", "--json"],
    &["status", "-v"],
    &["explain", "-v", "--json"],
    &["headers", "https://elsewhere.example/", "-v"],
];

#[test]
fn explanations_hold_no_secret() {
    let emulator = Emulator::start();
    for with in [Emulator::with_key, Emulator::with_client] {
        for arguments in ASKING {
            let mut bl = with(&emulator);
            bl.env("HTTPS_PROXY", "http://me:PROXY_CANARY@127.0.0.1:9");
            let printed = run(&mut bl, arguments).printed();
            for secret in [emulator.get("api_key"), emulator.get("client_secret"), "CANARY"] {
                assert!(!printed.contains(secret), "{arguments:?}: {printed}");
            }
        }
    }
}

#[test]
fn secrets_that_cannot_be_used_are_not_repeated() {
    let variables = [
        ("BL_API_KEY", "BL_CANARY with blank"),
        ("BL_API_KEY", "BL_CANARY\u{1b}[31m"),
        ("BL_CLIENT_CREDENTIALS", "CANARY"),
        ("BL_CLIENT_CREDENTIALS", "id:CANARY\n"),
        ("HTTPS_PROXY", "nonsense://me:CANARY@proxy"),
        ("BL_API_URL", "https://me:CANARY@api.example.com/?key=CANARY"),
        ("BL_PLATFORM", "CANARY"),
    ];
    for (name, value) in variables {
        for arguments in ASKING.into_iter().chain([&["token"][..], &["token", "--json"], &["token", "-v"]]) {
            let mut bl = bl();
            // A credential for the cases where something else is wrong, and no server to take it to.
            bl.env("BL_CLIENT_CREDENTIALS", "id:OTHER_CANARY").env(name, value);
            let printed = run(&mut bl, &[arguments, &["--timeout", "0"]].concat());
            assert!(!printed.printed().contains("CANARY"), "{name}={value:?} {arguments:?}: {printed:?}");
        }
    }
}

#[test]
fn no_secret_is_in_an_argument_of_a_process_that_waits() {
    let emulator = Emulator::start();
    emulator.fault(json!({"hang": true}));
    let mut child = emulator.with_client().arg("token").spawn().unwrap();
    crate::until("a token request", || emulator.recorded()["token_requests"] == 1);
    let command_line = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    assert_eq!(String::from_utf8(command_line).unwrap(), format!("{}\0token\0", crate::BL));
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "a crash writes no memory: {core}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_server_that_repeats_the_secret_is_not_believed() {
    let emulator = Emulator::start();
    let body =
        json!({"error": "invalid_client", "error_description": emulator.get("client_secret")}).to_string();
    emulator.fault(json!({"status": 401, "body": body}));
    for arguments in [&["token"][..], &["token", "--json"], &["token", "-v"]] {
        let printed = run(&mut emulator.with_client(), arguments);
        assert_eq!(printed.code, 6);
        assert!(!printed.printed().contains(emulator.get("client_secret")), "{printed:?}");
    }
}

/// Set for the process that [`a_logger_that_takes_everything_sees_no_secret`] starts of itself.
const INSIDE: &str = "BEAMLIT_CLI_TEST_LOGS";

#[test]
fn a_logger_that_takes_everything_sees_no_secret() {
    if let Some(arguments) = std::env::var_os(INSIDE) {
        log::set_logger(&Everything).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        log::info!("the logger works");
        let arguments = arguments.into_string().unwrap();
        beamlit_cli::run(arguments.split(' ').map(Into::into));
        return;
    }
    let (emulator, home) = (Emulator::start(), folder("secrets-logs"));
    for (mut with, secret) in [(emulator.with_client(), "client_secret"), (emulator.with_key(), "api_key")] {
        with.env("HOME", &home);
        for arguments in
            ["token", &format!("headers {}", emulator.models()), "explain -v", "login acme", "logout"]
        {
            let logged = finish(inside(&with, arguments).spawn().unwrap());
            assert_eq!(logged.code, 0, "{logged:?}");
            assert!(logged.stderr.contains("the logger works"), "{logged:?}");
            assert!(
                !logged.stderr.contains(emulator.get(secret)) && !logged.stderr.contains("Bearer"),
                "{arguments}"
            );
            assert!(!logged.stderr.contains("eyJ"), "{arguments}: a token");
        }
        with.env("RUST_LOG", "trace");
        let printed = run(&mut with, &["token"]);
        assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
    }
    let login = inside(emulator.bl().env("HOME", &home), "login acme --device").spawn().unwrap();
    let user_code = emulator.pending();
    emulator.approve(&user_code);
    let logged = finish(login);
    assert!(logged.code == 0 && logged.stderr.contains("logged in to workspace acme"), "{logged:?}");
    let is_event = |line: &&str| {
        ["ERROR ", "WARN ", "INFO ", "DEBUG ", "TRACE "].iter().any(|level| line.starts_with(level))
    };
    let (events, shown): (Vec<&str>, Vec<&str>) = logged.stderr.lines().partition(is_event);
    assert!(shown.iter().any(|line| line.contains(&user_code)));
    assert!(!events.iter().any(|line| line.contains(&user_code)), "RFC 8628 section 5.5: {events:?}");
    assert!(!logged.stderr.contains("eyJ") && !logged.stderr.contains("EMULATOR"), "{logged:?}");
}

/// This test again in a process of its own, running these arguments in the environment of `bl`.
fn inside(bl: &Command, arguments: &str) -> Command {
    let mut own = beside(bl, std::env::current_exe().unwrap());
    own.env(INSIDE, arguments).env("RUST_LOG", "trace");
    own.args(["--exact", "secrets::a_logger_that_takes_everything_sees_no_secret", "--nocapture"]);
    own
}

/// Writes whatever is logged to standard error.
struct Everything;

impl log::Log for Everything {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        eprintln!("{} {} {}", record.level(), record.target(), record.args());
    }

    fn flush(&self) {}
}
