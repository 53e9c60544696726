use std::fs;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt as _;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::{Emulator, bl, expire, finish, first_line, folder, run, until};

#[test]
fn sigterm_and_ctrl_c_end_it_and_free_the_port() {
    for (signal, code) in [(Signal::TERM, 0), (Signal::INT, 130)] {
        let emulator = Emulator::start();
        assert_eq!(emulator.ready["event"], "ready");
        let address = emulator.get("console_url").strip_prefix("http://").unwrap().to_owned();
        let ended = emulator.end(signal);
        assert_eq!((ended.code, ended.stderr.as_str()), (code, ""));
        // Another test's emulator may have taken it at once, and gives it back.
        until("the port is free", || TcpListener::bind(&address).is_ok());
    }
}

#[test]
fn a_person_gets_lines_for_a_shell() {
    let mut child = bl().args(["emulator"]).spawn().unwrap();
    let line = first_line(child.stdout.take().unwrap());
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert!(line.contains("http://127.0.0.1:") && line.contains("Ctrl-C"), "{line}");
    assert_eq!(finish(child).code, 0);
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = run(&mut bl(), &["emulator", "--port", &port]);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    assert!(refused.stderr.starts_with("bl: ") && refused.stderr.contains(&port), "{}", refused.stderr);
    let refused = run(&mut bl(), &["emulator", "--port", &port, "--json"]).error();
    assert_eq!(refused["kind"], "invalid_config");
}

#[test]
fn the_port_can_be_chosen() {
    // A port that was free may be another test's by now, but not time after time.
    let chosen = (0..10).find_map(|_| {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        Some((Emulator::try_start(&["--port", &port])?, port))
    });
    let (emulator, port) = chosen.unwrap();
    assert_eq!(emulator.get("console_url"), format!("http://127.0.0.1:{port}"));
}

#[test]
fn a_seed_names_the_workspaces() {
    let folder = folder("seeds");
    let seed = folder.join("seed.json");
    fs::write(&seed, json!({"workspaces": ["globex", "initech"]}).to_string()).unwrap();
    let emulator = Emulator::start_with(&["--seed", seed.to_str().unwrap()]);
    assert_eq!(emulator.get("workspace"), "globex");
}

#[test]
fn with_data_a_kill_loses_no_login() {
    let folder = folder("data");
    let (data, home) = (folder.join("emulator.json"), folder.join("home"));
    fs::create_dir(&home).unwrap();
    let arguments = ["--data", data.to_str().unwrap()];
    let emulator = Emulator::start_with(&arguments);
    let (url, key) = (emulator.api_url().to_owned(), emulator.get("api_key").to_owned());
    let login = emulator.at(&home).args(["login", "acme", "--device", "--no-open"]).spawn().unwrap();
    emulator.approve(&emulator.pending());
    assert_eq!(finish(login).code, 0);
    drop(emulator);
    let emulator = Emulator::start_with(&arguments);
    assert_eq!(emulator.api_url(), url);
    expire(&home);
    let token = run(&mut emulator.at(&home), &["token"]);
    assert_eq!(token.code, 0, "{token:?}");
    let status = run(emulator.bl().env("BL_API_KEY", key), &["status", "--check"]);
    assert_eq!(status.code, 0, "{status:?}");
}

#[test]
fn a_seed_that_cannot_be_used_is_named_in_one_printable_line() {
    let folder = folder("bad-seeds");
    let hostile = folder.join("no\u{1b}[2J\nsuch\u{202e}file");
    let broken = folder.join("broken.json");
    fs::write(&broken, "{\"workspaces\": \u{1b}[31m").unwrap();
    for file in [&hostile, &broken] {
        let refused = finish(bl().args(["emulator", "--seed"]).arg(file).spawn().unwrap());
        assert_eq!((refused.code, refused.stderr.lines().count()), (2, 1), "{refused:?}");
        assert!(
            refused.stderr.is_ascii() && !refused.stderr.trim_end().contains(char::is_control),
            "{refused:?}"
        );
    }
    let not_utf8 = folder.join(std::ffi::OsStr::from_bytes(b"\xff\x9b.json"));
    let refused = finish(bl().args(["emulator", "--seed"]).arg(not_utf8).spawn().unwrap());
    assert_eq!(refused.code, 2);
}

#[test]
fn nobody_reads_where_it_is_and_it_ends() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = finish(bl().args(["emulator", "--json"]).stdout(writer).spawn().unwrap());
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
}
