use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;

use crate::{BL, Emulator, Outcome, below, beside, feed, folder, run};

/// A login in a shell that prepares for it; `$0` is `bl`, `$1` the home folder.
fn log_in_after(emulator: &Emulator, home: &Path, prepare: &str) -> Outcome {
    let mut shell = beside(&emulator.at(home), "sh");
    let script = format!("{prepare} exec \"$0\" login acme --api-key -");
    shell.args(["-c", &script, BL]).arg(home).stdin(Stdio::piped());
    feed(&mut shell, &[], emulator.get("api_key"))
}

#[test]
fn nobody_else_can_read_a_login_whatever_the_umask_is() {
    let (emulator, home) = (Emulator::start(), folder("store-modes"));
    for umask in ["umask 000;", "umask 077;"] {
        let login = log_in_after(&emulator, &home, umask);
        assert_eq!(login.code, 0, "{umask} {login:?}");
        let ours = below(&home);
        assert!(ours.iter().any(|path| path.is_file()), "{ours:?}");
        for path in ours {
            let mode = fs::symlink_metadata(&path).unwrap().mode() & 0o7777;
            assert_eq!(
                mode,
                if path.is_dir() { 0o700 } else { 0o600 },
                "{umask} {mode:o} {}",
                path.display()
            );
        }
        fs::remove_dir_all(home.join(".beamlit")).unwrap();
    }
}

#[test]
fn a_folder_that_was_there_before_keeps_its_mode() {
    let (emulator, home) = (Emulator::start(), folder("store-folder"));
    let platform = home.join(".beamlit");
    fs::create_dir(&platform).unwrap();
    fs::set_permissions(&platform, fs::Permissions::from_mode(0o755)).unwrap();
    emulator.logged_in_at(&home);
    assert_eq!(fs::metadata(&platform).unwrap().mode() & 0o777, 0o755);
    assert_eq!(fs::metadata(platform.join("auth")).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn without_a_home_a_login_says_what_to_set() {
    let (emulator, home) = (Emulator::start(), folder("store-named"));
    let mut nowhere = emulator.bl();
    nowhere.env_remove("HOME");
    let error = feed(&mut nowhere, &["login", "acme", "--api-key", "-"], emulator.get("api_key"));
    assert_eq!((error.code, error.stderr.contains("HOME")), (5, true), "{error:?}");
    let store = format!("file:{}", home.join("logins").display());
    let login = feed(&mut nowhere, &["--store", &store], emulator.get("api_key"));
    assert_eq!(login.code, 0, "{login:?}");
    let mut token = emulator.bl();
    run(token.env_remove("HOME"), &["token", "--store", &store])
        .assert_prints(&format!("{}\n", emulator.get("api_key")));
    let mut token = emulator.bl();
    run(token.env_remove("HOME").env("BL_STORE", &store), &["token"])
        .assert_prints(&format!("{}\n", emulator.get("api_key")));
}

#[test]
fn on_a_disk_that_cannot_be_written_a_login_says_so_and_the_one_before_is_served() {
    let (emulator, home) = (Emulator::start(), folder("store-read-only"));
    emulator.logged_in_at(&home);
    let script = r#"mount --bind "$HOME" "$HOME" && mount -o remount,ro,bind "$HOME" && cd /
        printf %s "$KEY" | "$0" login acme --api-key -; echo "login $?"
        "$0" login acme; echo "kept $?"
        "$0" logout; echo "logout $?"
        "$0" token"#;
    let mut shell = beside(&emulator.at(&home), "unshare");
    shell.env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").env("KEY", emulator.get("api_key"));
    let printed = run(shell.args(["--map-root-user", "--mount", "sh", "-c", script, BL]), &[]);
    let expected = format!("login 3\nkept 0\nlogout 3\n{}\n", emulator.get("api_key"));
    assert_eq!((printed.code, printed.stdout), (0, expected), "{}", printed.stderr);
    assert_eq!(printed.stderr.matches("cannot be written").count(), 2, "{}", printed.stderr);
}

#[test]
fn what_is_no_record_is_no_login_and_a_new_login_mends_it() {
    let (emulator, home) = (Emulator::start(), folder("store-corrupt"));
    emulator.logged_in_at(&home);
    let files: Vec<PathBuf> = below(&home).into_iter().filter(|path| path.is_file()).collect();
    for file in &files {
        fs::write(file, b"\xff CANARY").unwrap();
    }
    let refused = run(&mut emulator.at(&home), &["token", "acme", "--json"]);
    assert!(refused.code != 0 && !refused.printed().contains("CANARY"), "{refused:?}");
    emulator.logged_in_at(&home);
    run(&mut emulator.at(&home), &["token"]).assert_prints(&format!("{}\n", emulator.get("api_key")));
}

#[test]
fn a_store_that_there_is_not_is_refused_by_its_name() {
    let emulator = Emulator::start();
    for (arguments, word) in [
        (["token", "--store", "nonsense:CANARY"], "store"),
        (["token", "--store", "file:relative"], "store"),
        (["token", "--rotation", "sometimes"], "rotation"),
    ] {
        let error = run(&mut emulator.bl(), &[&arguments[..], &["--json"]].concat()).error();
        assert_eq!((&error["kind"], &error["exit_code"]), (&json!("invalid_config"), &json!(2)), "{error}");
        assert!(
            error["message"].as_str().unwrap().contains(word) && !error.to_string().contains("CANARY"),
            "{error}"
        );
    }
}

#[test]
fn a_torn_record_is_no_login_and_a_new_login_mends_it() {
    let (emulator, home) = (Emulator::start(), folder("dead-torn"));
    for torn in ["", "{\"format\": 1, CANARY", "null", "{}"] {
        emulator.logged_in_at(&home);
        for file in below(&home).into_iter().filter(|path| path.is_file()) {
            fs::write(file, torn).unwrap();
        }
        let refused = run(&mut emulator.at(&home), &["token", "acme"]);
        assert!(refused.code == 3 && !refused.printed().contains("CANARY"), "{torn:?}: {refused:?}");
        emulator.logged_in_at(&home);
        assert_eq!(run(&mut emulator.at(&home), &["token"]).code, 0);
        fs::remove_dir_all(home.join(".beamlit")).unwrap();
    }
}

#[test]
fn a_sealed_store_takes_its_passphrase_from_standard_input_or_the_environment() {
    let (emulator, home) = (Emulator::start(), folder("store-sealed"));
    let store = format!("encrypted-file:{}/sealed", home.display());
    let sealed = |passphrase: &str| {
        let mut command = emulator.at(&home);
        command.env("BL_STORE", &store).env("BL_STORE_PASSPHRASE", passphrase);
        command
    };
    let key = emulator.get("api_key");
    let login = feed(&mut sealed("CANARY right"), &["login", "acme", "--api-key", "-"], key);
    assert_eq!(login.code, 0, "{login:?}");
    assert_eq!(run(&mut sealed("CANARY right"), &["token", "acme"]).stdout.trim(), key);
    let handed_over = feed(&mut sealed(""), &["token", "acme", "--passphrase", "-"], "CANARY right\n");
    assert_eq!(handed_over.stdout.trim(), key, "{handed_over:?}");
    for (passphrase, says) in [("CANARY wrong", "another passphrase"), ("", "BL_STORE_PASSPHRASE")] {
        let refused = run(&mut sealed(passphrase), &["token", "acme"]);
        assert_eq!(refused.code, 5, "{refused:?}");
        assert!(refused.stderr.contains(says) && !refused.stderr.contains("CANARY"), "{refused:?}");
    }
    let argument = run(&mut sealed(""), &["token", "acme", "--passphrase", "CANARY"]);
    assert!(argument.code == 2 && !argument.stderr.contains("CANARY"), "{argument:?}");
    assert!(!home.join(".beamlit/config.yaml").exists(), "a sealed login has no plaintext twin");
    assert!(below(&home).iter().filter(|path| path.is_file()).all(|path| {
        let bytes = fs::read(path).unwrap();
        !bytes.windows(8).any(|window| key.as_bytes().starts_with(window))
    }));
}
