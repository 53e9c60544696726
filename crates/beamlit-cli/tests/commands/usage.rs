use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::{BL, Outcome, bl, finish, folder, run};

/// One printable line on standard error, nothing on standard output, exit code 2.
fn assert_refused(refused: &Outcome) {
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
    assert!(refused.stderr.starts_with("bl: ") && refused.stderr.ends_with('\n'), "{refused:?}");
    assert!(!refused.stderr.trim_end_matches('\n').contains(char::is_control), "{refused:?}");
}

#[test]
fn what_cannot_be_understood_is_one_line_or_one_object() {
    let cases: &[(&[&str], &str)] = &[
        (&[], "a command is missing"),
        (&["token", "a", "b"], "an argument too many"),
        (&["headers"], "<URL> is missing"),
        (&["token", "--nonsense"], "unknown option --nonsense; options follow"),
        (&["login", "--devise"], "unknown option --devise; is it --device?"),
        (&["logn"], "unknown command logn; is it login?"),
        (&["-w", "acme", "token"], "options follow their command"),
        (&["token", "--workspace"], "--workspace <NAME> needs a value"),
        (&["token", "--timeout", "soon"], "not a number of seconds"),
        (&["token", "--timeout", "nan"], "not a number of seconds"),
        (&["token", "--timeout", "inf"], "not a number of seconds"),
        (&["token", "--timeout", "-1"], "not negative"),
        (&["token", "--min-valid", "-0.5"], "not negative"),
        (&["token", "--timeout", "1", "--timeout", "2"], "given twice"),
        (&["token", "--platform", "beamlit", "--issuer", "https://a.example"], "exclude each other"),
        (&["token", "-v", "-q"], ""),
        (&["emulator", "--port", "65536"], "0 to 65535"),
        (&["emulator", "--port", "-1"], "0 to 65535"),
        (&["emulator", "--timeout", "1"], "unknown option --timeout"),
        (&["help", "nonsense"], "unknown command nonsense"),
    ];
    for (arguments, expected) in cases {
        let refused = run(&mut bl(), arguments);
        if !arguments.contains(&"-q") {
            assert_refused(&refused);
            assert!(refused.stderr.contains(expected), "{arguments:?}: {}", refused.stderr);
            let error = run(bl().arg("--json"), arguments).error();
            assert_eq!(error["kind"], "invalid_argument");
        }
        assert_eq!(refused.code, 2);
    }
}

#[test]
fn commands_of_later_are_unknown() {
    for command in ["mcp", "secret", "get"] {
        let refused = run(&mut bl(), &[command]);
        assert_refused(&refused);
        assert!(refused.stderr.contains(&format!("unknown command {command}")), "{}", refused.stderr);
    }
}

#[test]
fn values_are_not_repeated_and_reach_no_terminal() {
    let hostile = "\u{1b}]0;CANARY\u{7}\u{9b}2J\u{202e}\r\n";
    let flags =
        ["--workspace", "--platform", "--issuer", "--header", "--timeout", "--min-valid", "--user-agent"];
    let is_hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    for flag in flags.into_iter().chain(["--ca-file", "--nonsense", "--api-key"]) {
        for argument in [format!("{flag}={hostile}"), format!("{flag}=BL_CANARY")] {
            let printed = run(bl().env("BL_API_KEY", "BL_KEY"), &["token", &argument]);
            assert!(!printed.printed().contains(is_hostile), "{printed:?}");
            assert!(!printed.stderr.contains("CANARY"), "{printed:?}");
        }
    }
    // An error about a URL says which, as far as it can be shown.
    for arguments in [["headers", hostile], ["token", &format!("--api-url={hostile}")]] {
        let printed = run(bl().env("BL_API_KEY", "BL_KEY"), &arguments);
        assert!(printed.code == 2 && !printed.printed().contains(is_hostile), "{printed:?}");
    }
    for arguments in
        [&[hostile][..], &["BL_CANARY"], &["token", "a", hostile], &["help", hostile], &["--x=CANARY"]]
    {
        let refused = run(&mut bl(), arguments);
        assert_refused(&refused);
        assert!(!refused.stderr.contains("CANARY"), "{refused:?}");
    }
}

#[test]
fn a_key_in_the_place_of_a_workspace_is_not_repeated() {
    let key = format!("BL_CANARY{}", "0".repeat(26));
    for arguments in [&["token", &key][..], &["status", "-w", &key], &["token", &key, "--json"]] {
        let printed = run(&mut bl(), arguments);
        assert!(printed.code != 0 && !printed.printed().contains("CANARY"), "{printed:?}");
    }
}

#[test]
fn arguments_that_are_not_utf8_are_refused() {
    let bytes = OsStr::from_bytes(b"\xff\xfe\x9b2J");
    for arguments in
        [vec![bytes], vec![OsStr::new("token"), bytes], vec![OsStr::new("token"), OsStr::new("-w"), bytes]]
    {
        assert_refused(&finish(bl().args(arguments).spawn().unwrap()));
    }
}

#[test]
fn a_proxy_with_a_password_is_no_argument() {
    let refused = run(&mut bl(), &["token", "--proxy", "http://me:CANARY@127.0.0.1:9"]);
    assert_refused(&refused);
    assert!(refused.stderr.contains("HTTPS_PROXY") && !refused.stderr.contains("CANARY"), "{refused:?}");
}

#[test]
fn an_unknown_command_names_the_next_bl_and_does_not_run_it() {
    let root = folder("path");
    let place = |name: &str| {
        let folder = root.join(name);
        fs::create_dir_all(&folder).unwrap();
        folder.join("bl")
    };
    let (own, plain, directory, vendor) =
        (place("own"), place("plain"), place("directory"), place("ven\u{1b}[31mdor"));
    symlink(BL, own).unwrap();
    fs::write(&plain, "").unwrap();
    fs::create_dir(&directory).unwrap();
    let ran = root.join("ran");
    fs::write(&vendor, format!("#!/bin/sh\n: > {}\n", ran.display())).unwrap();
    fs::set_permissions(&vendor, fs::Permissions::from_mode(0o755)).unwrap();

    let folders = ["own", "plain", "directory", "ven\u{1b}[31mdor"].map(|name| root.join(name));
    let path = std::env::join_paths(std::iter::once("relative".into()).chain(folders)).unwrap();
    let shown = vendor.display().to_string().replace('\u{1b}', "\\u{1b}");
    for (arguments, part) in [
        (&["get", "models"][..], "unknown command get; "),
        // Words of the platform's own that are like ours.
        (&["logs", "agent", "a"], "unknown command logs; is it login? "),
        (&["setup"], "unknown command setup; is it status? "),
        (&["-w", "acme", "get", "models"], "unknown option -w; "),
        (&["help", "deploy"], "unknown command deploy; "),
    ] {
        let refused = run(bl().env("PATH", &path), arguments);
        assert_refused(&refused);
        assert!(refused.stderr.contains(part) && refused.stderr.contains(&shown), "{}", refused.stderr);
    }
    assert!(!ran.exists(), "it was run");
    for mistyped in [&["token", "--wrkspace", "acme"][..], &["login", "--frob"]] {
        let refused = run(bl().env("PATH", &path), mistyped);
        assert!(!refused.stderr.contains(&shown), "our own commands are not of another bl: {refused:?}");
    }

    let refused = run(bl().env("PATH", root.join("own")), &["get", "models"]);
    assert!(refused.stderr.contains("bl help"), "{}", refused.stderr);
    assert_refused(&run(bl().env_remove("PATH"), &["get"]));
}
