use serde_json::Value;

use crate::{bl, run};

const COMMANDS: [&str; 6] = ["token", "headers", "status", "explain", "emulator", "help"];
const SETTINGS: [&str; 11] = [
    "--workspace",
    "--platform",
    "--issuer",
    "--api-url",
    "--allow-origin",
    "--header",
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
    let flags = |index: usize| names(&help["commands"][index]["flags"]);
    let and_settings = |own: &[&'static str]| [own, &SETTINGS].concat();
    assert_eq!(flags(0), and_settings(&["--min-valid"]));
    assert_eq!(flags(1), and_settings(&["--method"]));
    assert_eq!((flags(2), flags(3)), (and_settings(&[]), and_settings(&[])));
    assert_eq!((flags(4), flags(5)), (vec!["--port", "--seed"], vec![]));
    assert_eq!(names(&help["commands"][1]["arguments"]), ["URL"]);
    assert_eq!(help["commands"][1]["arguments"][0]["required"], true);
    assert_eq!(run(&mut bl(), &["help", "headers", "--json"]).json(), help["commands"][1]);
    let origin = &help["commands"][0]["flags"][5];
    assert_eq!((&origin["name"], &origin["repeatable"]), (&"--allow-origin".into(), &true.into()));
    assert_eq!(help["commands"][0]["flags"][1]["short"], "-w");
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
