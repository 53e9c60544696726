use serde_json::Value;

use crate::{bl, run};

const COMMANDS: [&str; 9] =
    ["login", "logout", "workspaces", "token", "headers", "status", "explain", "emulator", "help"];
const SETTINGS: [&str; 16] = [
    "--workspace",
    "--platform",
    "--issuer",
    "--client-id",
    "--api-url",
    "--allow-origin",
    "--header",
    "--store",
    "--passphrase",
    "--share",
    "--rotation",
    "--timeout",
    "--ca-file",
    "--proxy",
    "--user-agent",
    "--verbose",
];

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[test]
fn the_command_line_is_data() {
    let help = run(&mut bl(), &["help", "--json"]).json();
    assert_eq!(help["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(names(&help["commands"]), COMMANDS);
    assert_eq!(names(&help["flags"]), ["--json", "--quiet", "--help", "--version"]);
    let of = |name: &str| {
        let commands = help["commands"].as_array().unwrap();
        commands.iter().find(|command| command["name"] == name).unwrap().clone()
    };
    let login = ["--device", "--api-key", "--client-credentials", "--scope", "--force", "--no-open"];
    let own: [(&str, &[&'static str]); 7] = [
        ("login", &login),
        ("logout", &[]),
        ("workspaces", &[]),
        ("token", &["--min-valid"]),
        ("headers", &["--method"]),
        ("status", &["--check"]),
        ("explain", &[]),
    ];
    for (name, flags) in own {
        assert_eq!(names(&of(name)["flags"]), [flags, &SETTINGS].concat(), "{name}");
    }
    assert_eq!(names(&of("emulator")["flags"]), ["--port", "--seed", "--data"]);
    assert_eq!(names(&of("help")["flags"]), [""; 0]);
    for (name, argument, required) in
        [("login", "WORKSPACE", false), ("workspaces", "NAME", false), ("headers", "URL", true)]
    {
        let arguments = &of(name)["arguments"];
        assert_eq!((names(arguments), &arguments[0]["required"]), (vec![argument], &required.into()));
    }
    assert_eq!(run(&mut bl(), &["help", "headers", "--json"]).json(), of("headers"));
    let token = of("token");
    let origin = &token["flags"][6];
    assert_eq!((&origin["name"], &origin["repeatable"]), (&"--allow-origin".into(), &true.into()));
    assert_eq!(token["flags"][1]["short"], "-w");
}

#[test]
fn each_command_has_help_for_people() {
    let all = run(&mut bl(), &["help"]);
    assert_eq!(all.stdout, run(&mut bl(), &["--help"]).stdout);
    for name in COMMANDS {
        assert!(all.stdout.contains(name));
        let of_one = run(&mut bl(), &["help", name]);
        assert_eq!((of_one.code, of_one.stderr.as_str()), (0, ""));
        assert!(of_one.stdout.contains(&format!("Usage: bl {name}")), "{}", of_one.stdout);
        assert_eq!(of_one.stdout, run(&mut bl(), &[name, "--help"]).stdout);
        assert_eq!(of_one.stdout, run(&mut bl(), &[name, "-h"]).stdout);
        assert!(of_one.stdout.lines().all(|line| line.len() <= 125), "{}", of_one.stdout);
    }
    assert!(all.stdout.lines().all(|line| line.len() <= 120), "it fits a terminal");
}

#[test]
fn the_version_is_that_of_the_crate() {
    for flag in ["--version", "-V"] {
        run(&mut bl(), &[flag]).assert_prints(concat!("bl ", env!("CARGO_PKG_VERSION"), "\n"));
    }
}

#[test]
fn both_names_are_one_program() {
    let mut beamlit = std::process::Command::new(env!("CARGO_BIN_EXE_beamlit"));
    let help = beamlit.args(["help", "--json"]).env_clear().output().unwrap();
    assert_eq!(help.stdout, run(&mut bl(), &["help", "--json"]).stdout.into_bytes());
}
