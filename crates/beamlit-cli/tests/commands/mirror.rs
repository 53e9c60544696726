//! Where the platform's own file is no plain file of this user in its own folder.

use std::fs;
use std::os::unix::fs::{chown, lchown, symlink};
use std::path::{Path, PathBuf};

use crate::{BL, Emulator, beside, folder, run};

/// What somebody else is logged in to.
const FOREIGN: &str = "# by hand\ncontext:\n  workspace: globex\nworkspaces:\n- name: globex\n  credentials:\n    apiKey: CANARY\n";
/// A user that is not the one of the tests.
const SOMEBODY: u32 = 54321;

/// A home folder with a `~/.beamlit` and another folder where files of people lie.
fn home(name: &str) -> (PathBuf, PathBuf, PathBuf) {
    let home = folder(name);
    let (platform, dotfiles) = (home.join(".beamlit"), home.join("dotfiles"));
    for folder in [&platform, &dotfiles] {
        fs::create_dir(folder).unwrap();
    }
    (home, platform.join("config.yaml"), dotfiles.join("beamlit.yaml"))
}

/// The login works, and the platform's file, at its place or another, is as it was; what `bl status` says of that.
fn left_alone(emulator: &Emulator, home: &Path, file: &Path) -> String {
    let key = emulator.get("api_key");
    emulator.logged_in_at(home);
    run(&mut emulator.at(home), &["token"]).assert_prints(&format!("{key}\n"));
    let status = run(&mut emulator.at(home), &["status", "--json"]).json();
    assert_eq!(status["ok"], true, "{status}");
    let logout = run(&mut emulator.at(home), &["logout"]);
    assert_eq!(logout.code, 0, "{logout:?}");
    assert_eq!(fs::read_to_string(file).unwrap(), FOREIGN);
    status["mirror"].as_str().unwrap().to_owned()
}

#[test]
fn a_link_to_it_is_followed_and_stays_a_link() {
    let (emulator, (home, file, target)) = (Emulator::start(), home("mirror-link"));
    fs::write(&target, FOREIGN).unwrap();
    symlink("../dotfiles/beamlit.yaml", &file).unwrap();
    emulator.logged_in_at(&home);
    let written = fs::read_to_string(&target).unwrap();
    assert!(written.starts_with(FOREIGN) && written.contains(emulator.get("api_key")), "{written}");
    assert_eq!(fs::read_link(&file).unwrap(), Path::new("../dotfiles/beamlit.yaml"));
    assert_eq!(run(&mut emulator.at(&home), &["logout"]).code, 0);
    assert_eq!(fs::read_to_string(&target).unwrap(), FOREIGN);
    assert!(fs::read_link(&file).is_ok(), "it is a link no more");
    let left: Vec<_> =
        fs::read_dir(target.parent().unwrap()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(left, [target], "something was left beside it");
}

#[test]
fn a_link_to_nothing_gets_a_file() {
    let (emulator, (home, file, target)) = (Emulator::start(), home("mirror-dangling"));
    symlink(&target, &file).unwrap();
    emulator.logged_in_at(&home);
    assert!(fs::read_to_string(&target).unwrap().contains(emulator.get("api_key")));
    assert_eq!(fs::read_link(&file).unwrap(), target);
}

#[test]
fn a_link_to_a_link_is_left_alone() {
    let (emulator, (home, file, target)) = (Emulator::start(), home("mirror-links"));
    fs::write(&target, FOREIGN).unwrap();
    symlink(&target, home.join("link")).unwrap();
    symlink(home.join("link"), &file).unwrap();
    let told = left_alone(&emulator, &home, &target);
    assert!(told.contains("is left alone: it is a link to a link"), "{told}");
}

#[test]
fn a_link_of_somebody_else_is_left_alone() {
    let (emulator, (home, file, target)) = (Emulator::start(), home("mirror-their-link"));
    fs::write(&target, FOREIGN).unwrap();
    symlink(&target, &file).unwrap();
    lchown(&file, Some(SOMEBODY), None).expect("a link of another user takes root; run the tests as root");
    let told = left_alone(&emulator, &home, &target);
    assert!(told.contains("is left alone: it is a link of another user"), "{told}");
}

#[test]
fn a_link_to_a_file_of_somebody_else_is_left_alone() {
    let (emulator, (home, file, target)) = (Emulator::start(), home("mirror-their-file"));
    fs::write(&target, FOREIGN).unwrap();
    chown(&target, Some(SOMEBODY), None).expect("a file of another user takes root; run the tests as root");
    symlink(&target, &file).unwrap();
    let told = left_alone(&emulator, &home, &target);
    assert!(told.contains("belongs to another user"), "{told}");
}

/// As in a container whose file comes from the host: it cannot be replaced, and a login that lies there may be of others.
#[test]
fn a_file_that_is_mounted_is_left_alone() {
    let (emulator, (home, file, target)) = (Emulator::start(), home("mirror-mounted"));
    let theirs = FOREIGN.replace("globex", "acme").replace("CANARY", emulator.get("api_key"));
    fs::write(&target, &theirs).unwrap();
    fs::write(&file, "").unwrap();
    let script = r#"mount --bind "$1" "$2"
        "$0" token acme; echo "nobody $?"
        printf %s "$CLIENT" | "$0" login acme --client-credentials -; echo "login $?"
        "$0" status --json; "$0" logout; echo "logout $?""#;
    let mut shell = beside(&emulator.at(&home), "unshare");
    shell.env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").env("CLIENT", emulator.client_credentials());
    shell.args(["--map-root-user", "--mount", "sh", "-c", script, BL]).args([&target, &file]);
    let printed = run(&mut shell, &[]);
    let lines: Vec<&str> = printed.stdout.lines().collect();
    assert_eq!((lines[0], lines[1], lines[3]), ("nobody 3", "login 0", "logout 0"), "{printed:?}");
    assert!(lines[2].contains("is left alone: it is mounted there by itself"), "{printed:?}");
    assert!(lines[2].contains(r#""ok":true"#), "{printed:?}");
    assert_eq!((fs::read_to_string(&target).unwrap(), fs::read(&file).unwrap().len()), (theirs, 0));
}
