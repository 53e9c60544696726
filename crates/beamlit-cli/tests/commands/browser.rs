use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::{Emulator, finish, folder, until};

/// Written aside and moved, so that whoever sees the record sees all of it.
const SCRIPT: &str = r#"#!/bin/sh
files=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2)
{ printf '%s\n' "$0" "$@"; echo --; env; echo --; echo "$files"; } > "$RECORD.new"
mv "$RECORD.new" "$RECORD"
"#;

/// Programs that write down how they were started, in a folder of their own which is first in PATH.
struct Browsers {
    folder: PathBuf,
}

impl Browsers {
    fn new(name: &str, programs: &[&str]) -> Self {
        let folder = folder(name);
        for program in programs {
            let path = folder.join(program);
            fs::write(&path, SCRIPT).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder }
    }

    fn record(&self) -> PathBuf {
        self.folder.join("record")
    }

    /// A device login with these programs and variables, approved; its standard error.
    fn log_in(&self, emulator: &Emulator, home: &Path, change: impl FnOnce(&mut Command)) -> String {
        let mut login = emulator.at(home);
        login.env("PATH", format!("{}:/usr/bin:/bin", self.folder.display()));
        login.env("RECORD", self.record()).args(["login", "acme", "--device", "--force"]);
        change(&mut login);
        let login = login.spawn().unwrap();
        let code = emulator.pending();
        emulator.approve(&code);
        let login = finish(login);
        assert_eq!(login.code, 0, "{login:?}");
        login.stderr
    }
}

fn emulator() -> Emulator {
    let emulator = Emulator::start();
    emulator.steer("settings", &json!({"interval_s": 0}));
    emulator
}

#[test]
fn a_browser_gets_the_link_alone_and_none_of_our_secrets() {
    let (emulator, home) = (emulator(), folder("browser-home"));
    let cases = [
        ("browser-own", vec![("DISPLAY", ":9"), ("BROWSER", "my-browser")], "my-browser"),
        ("browser-wayland", vec![("WAYLAND_DISPLAY", "wayland-9")], "xdg-open"),
        ("browser-command", vec![("DISPLAY", ":9"), ("BROWSER", "sh -c '> ran'")], "xdg-open"),
        ("browser-path", vec![("DISPLAY", ":9"), ("BROWSER", "/bin/sh")], "xdg-open"),
    ];
    for (name, variables, program) in cases {
        let browsers = Browsers::new(name, &["my-browser", "xdg-open"]);
        let shown = browsers.log_in(&emulator, &home, |login| {
            login.envs(variables);
            login.env("BL_API_KEY", "BL_CANARY").env("BL_CLIENT_CREDENTIALS", "id:CANARY");
        });
        until("a browser was started", || browsers.record().exists());
        let record = fs::read_to_string(browsers.record()).unwrap();
        let (started, rest) = record.split_once("--\n").unwrap();
        let (environment, files) = rest.split_once("--\n").unwrap();
        let link = shown.lines().find_map(|line| line.trim().strip_prefix("http://")).unwrap();
        let path = browsers.folder.join(program);
        assert_eq!(started, format!("{}\nhttp://{link}\n", path.display()), "{name}");
        assert!(!environment.contains("CANARY") && !environment.contains("\nBL_"), "{environment}");
        assert_eq!(environment.contains("BROWSER=my-browser\n"), program == "my-browser");
        assert!(!environment.contains("sh -c") && environment.contains("HOME="), "{environment}");
        assert_eq!(files, "/dev/null\n".repeat(3));
        let (link, opened) = (shown.find("http://").unwrap(), shown.find("being opened").unwrap());
        assert!(link < opened, "the link comes first: {shown}");
    }
}

#[test]
fn a_program_is_told_what_was_opened() {
    let (emulator, home) = (emulator(), folder("browser-json"));
    let browsers = Browsers::new("browser-event", &["xdg-open"]);
    let mut login = emulator.at(&home);
    login.env("PATH", format!("{}:/usr/bin:/bin", browsers.folder.display()));
    login.env("RECORD", browsers.record()).env("DISPLAY", ":9").args(["login", "acme", "--json"]);
    let login = login.spawn().unwrap();
    emulator.approve(&emulator.pending());
    let login = finish(login);
    let events: Vec<Value> = login.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events[0]["event"], "device_code");
    assert_eq!(events[1], json!({"event": "browser", "url": events[0]["verification_uri_complete"]}));
    until("a browser was started", || browsers.record().exists());
    assert_eq!((login.code, login.stderr.as_str()), (0, ""));
}

#[test]
fn without_a_display_a_program_or_the_wish_nothing_is_opened() {
    let (emulator, home) = (emulator(), folder("browser-none"));
    let browsers = Browsers::new("browser-idle", &["xdg-open"]);
    let display = |login: &mut Command| {
        login.env("DISPLAY", ":9");
    };
    let mut shown = vec![
        browsers.log_in(&emulator, &home, |_| {}),
        browsers.log_in(&emulator, &home, |login| {
            login.env("DISPLAY", "");
        }),
        browsers.log_in(&emulator, &home, |login| {
            display(login.arg("--no-open"));
        }),
        browsers.log_in(&emulator, &home, |login| {
            display(login.env("PATH", "/nonexistent:relative"));
        }),
        browsers.log_in(&emulator, &home, |login| {
            display(login.args(["--json", "--no-open"]));
        }),
    ];
    let broken = browsers.folder.join("broken");
    fs::write(&broken, "#!/nonexistent\n").unwrap();
    fs::set_permissions(&broken, fs::Permissions::from_mode(0o755)).unwrap();
    shown.push(browsers.log_in(&emulator, &home, |login| {
        display(login.env("BROWSER", "broken"));
    }));
    assert!(!shown.iter().any(|text| text.contains("being opened")), "{shown:?}");
    assert!(!browsers.record().exists());
}
