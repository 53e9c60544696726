//! Who may import whom, and which word may stand where.
//!
//! The sources are read as text: comments and test modules are left out, the rest is searched for `crate::` paths and
//! for words that belong to one folder.
#![expect(clippy::unwrap_used, reason = "the functions here fail the test that calls them")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the core from the top down. A module imports from its own line or a lower one.
///
/// A new module gets a place here; the line says who will be able to use it.
const LAYERS: &[&[&str]] = &[
    &["session", "login", "explain", "workspaces", "shutdown", "fork"],
    &["flight", "chain"],
    &["renewal", "cache"],
    &["grant"],
    &["flows"],
    &["wire", "headers"],
    &["config"],
    &["credential", "store", "http"],
    &["platform", "metadata", "token", "record"],
    &["origin", "net"],
    &["error", "secret", "scope", "printable", "emulator_mark", "sys"],
];

/// Imports that would be downward or sideways and are still refused.
const STRANGERS: &[(&str, &str, &str)] = &[
    ("flows", "store", "a flow gives a token back, and whoever asked stores it"),
    ("wire", "store", "a request is plain data"),
    ("store", "http", "a store never sees HTTP"),
    ("http", "store", "the door knows no login"),
    ("cache", "http", "the hot path touches nothing else"),
    ("cache", "store", "the hot path touches nothing else"),
    ("headers", "http", "the hot path touches nothing else"),
    ("headers", "store", "the hot path touches nothing else"),
    ("error", "sys", "an error asks nobody"),
];

/// Words that belong to some files of the core: what is looked for, and the beginnings of the paths where it may be.
const WORDS: &[(&str, &[&str])] = &[
    ("ureq", &["http/"]),
    ("rustls", &["net/", "http/failure.rs"]),
    ("redis::", &["store/redis.rs", "store/redis/", "store/place.rs"]),
    ("std::env", &["config.rs", "config/"]),
    ("std::fs", &["sys/"]),
    ("std::thread", &["sys/"]),
    ("std::process", &["sys/"]),
    ("Instant::now", &["sys/"]),
    ("SystemTime::now", &["sys/"]),
    (".elapsed()", &["sys/"]),
    ("parking_lot", &[]),
    ("std::sync::Mutex", &[]),
    ("std::sync::Condvar", &[]),
    ("std::sync::mpsc", &["net/"]),
    ("std::sync::RwLock", &[]),
    ("rustix", &["sys/unix.rs", "sys/unix/"]),
    ("libc", &["sys/unix.rs", "sys/unix/"]),
    ("arc_swap", &["cache.rs", "sys/"]),
    ("unsafe ", &[]),
    ("println!", &[]),
    ("print!", &[]),
    ("dbg!", &[]),
];

/// In the C library, everything the compiler cannot check is in one file.
const C_WORDS: &[(&str, &[&str])] = &[
    ("unsafe {", &["boundary.rs"]),
    ("unsafe fn", &["boundary.rs"]),
    ("unsafe impl", &["boundary.rs"]),
    ("unsafe extern", &["boundary.rs"]),
    ("println!", &[]),
    ("print!", &[]),
];

#[test]
fn modules_import_downwards_only() {
    let mut faults = String::new();
    for (path, code) in sources(&core()) {
        let from = module(&path);
        if code.contains("super::") {
            writeln!(faults, "{path}: write crate:: instead of super::, so that the direction can be read")
                .unwrap();
        }
        for to in imports(&code) {
            if let Some(fault) = fault(&from, &to) {
                writeln!(faults, "{path}: {from} -> {to}: {fault}").unwrap();
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn words_stay_in_their_files() {
    let mut faults = misplaced(&core(), WORDS);
    faults += &misplaced(&core().join("../../../bindings/c/src"), C_WORDS);
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn every_layer_names_modules_that_could_exist_once() {
    let mut names: Vec<_> = LAYERS.iter().copied().flatten().collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "a module has two places");
}

#[test]
fn imports_are_found_in_every_form() {
    let code = "use crate::error::{Error, Result};\nuse crate::{\n    sys,\n    wire::{form, json},\n};\nfn f() { crate::scope::parse() }";
    assert_eq!(imports(code), ["error", "scope", "sys", "wire"]);
    assert_eq!(imports("use crate::Session;"), ["Session"]);
    assert_eq!(fault("error", "session").as_deref(), Some("upward"));
    assert_eq!(fault("session", "Session").as_deref(), Some("import it from the module that has it"));
    assert!(fault("store", "http").is_some() && fault("session", "error").is_none());
}

fn core() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// What is wrong with an import, if anything is.
fn fault(from: &str, to: &str) -> Option<String> {
    if from == "lib" || from == to {
        return None;
    }
    if to.starts_with(char::is_uppercase) {
        return Some("import it from the module that has it".to_owned());
    }
    let layer = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    let (Some(above), Some(below)) = (layer(from), layer(to)) else {
        return Some("not both in LAYERS; give the new module its place there".to_owned());
    };
    if above > below {
        return Some("upward".to_owned());
    }
    let stranger = STRANGERS.iter().find(|stranger| (stranger.0, stranger.1) == (from, to))?;
    Some(stranger.2.to_owned())
}

/// The first names after `crate::`, sorted, each once.
fn imports(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group_members(group)),
            None => names.push(first_name(rest)),
        }
    }
    names.sort();
    names.dedup();
    names
}

/// The first name of each member of a group whose opening brace has been read.
fn group_members(group: &str) -> Vec<String> {
    let (mut depth, mut members) = (0, vec![String::new()]);
    for char in group.chars() {
        match char {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(String::new()),
            _ if depth == 0 => members.last_mut().unwrap().push(char),
            _ => {}
        }
    }
    members.iter().map(|member| first_name(member.trim())).filter(|name| !name.is_empty()).collect()
}

fn first_name(path: &str) -> String {
    path.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect()
}

/// The module of the crate that a file belongs to: `http` for `http/transport.rs`.
fn module(path: &str) -> String {
    first_name(path)
}

fn misplaced(folder: &Path, words: &[(&str, &[&str])]) -> String {
    let mut faults = String::new();
    for (path, code) in sources(folder) {
        for (word, places) in words {
            if stands_alone(&code, word) && !places.iter().any(|place| path.starts_with(place)) {
                writeln!(faults, "{path}: {word} belongs to {places:?}").unwrap();
            }
        }
    }
    faults
}

/// Whether the word occurs and is not the end of a longer one.
fn stands_alone(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        word.starts_with('.') || !(before.is_alphanumeric() || before == '_')
    })
}

/// The files below a folder without their tests: path from there, and text without comments.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            if stem == "tests" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.push((name, code(&fs::read_to_string(&path).unwrap())));
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "no sources in {}", folder.display());
    files
}

/// The text up to its test module, without comments. Strings are left in: a path in a string would be a rare accident,
/// and the `//` of a URL hides no more than the rest of its line.
fn code(text: &str) -> String {
    let tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..tests].lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    lines.collect::<Vec<_>>().join("\n")
}
