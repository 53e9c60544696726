//! The Rust face of `tests/faces.toml`: each path that is named there is there.
//!
//! `faces/named.rs` is generated from it: it names each path, so that it does not compile without one. With
//! `BEAMLIT_WRITE_FACES` set it is written instead of compared.
#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test, a step that fails ends the test")]

#[path = "../../../tests/faces.rs"]
mod faces;
#[path = "faces/named.rs"]
mod named;

use std::fmt::Write as _;
use std::fs;

use faces::Faces;

const HEAD: &str = "\
//! Generated from `tests/faces.toml`; `BEAMLIT_WRITE_FACES=1 cargo test -p beamlit-auth --test faces` writes it.

#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = \"it is a list\")]
pub(crate) fn all() {
";

/// Where that type or function is.
fn full(name: &str) -> String {
    match name {
        "bool" | "String" => name.to_owned(),
        "Duration" => "std::time::Duration".to_owned(),
        "PathBuf" => "std::path::PathBuf".to_owned(),
        _ if name.starts_with("beamlit_emulator::") => name.to_owned(),
        _ => format!("beamlit_auth::{name}"),
    }
}

/// A line that names a function which takes arguments of those types.
fn function(path: &str, arguments: &[&str]) -> String {
    let arguments: Vec<_> = arguments.iter().map(|argument| full(argument)).collect();
    format!("let _: fn({}) -> _ = {};", arguments.join(", "), full(path))
}

/// A line that names what a cell does: a type, something that is in one, or a function with the types of its arguments.
fn line(cell: &str) -> String {
    if let Some((path, arguments)) = cell.strip_suffix(')').and_then(|call| call.split_once('(')) {
        return function(path, &arguments.split(", ").collect::<Vec<_>>());
    }
    if cell.starts_with(char::is_uppercase) && !cell.contains("::") {
        return format!("let _: Option<{}> = None;", full(cell));
    }
    format!("let _ = {};", full(cell))
}

fn lines(faces: &Faces) -> Vec<String> {
    let mut lines: Vec<_> = faces::names(faces, |noun| &noun.rust).into_iter().map(line).collect();
    for credential in &faces.credential {
        let class = credential.class.as_str();
        lines.push(line(class));
        lines.push(function(&format!("{class}::new"), &vec!["String"; credential.required.len()]));
        let setters = credential.optional.iter().map(|field| format!("{class}::{field}"));
        lines.extend(setters.map(|setter| function(&setter, &[class, "String"])));
    }
    for setting in &faces.setting {
        lines.push(function(&format!("Config::{}", setting.name), &["Config", &setting.rust]));
    }
    let kinds = faces.kind.iter().map(|kind| line(&format!("ErrorKind::{}", kind.name)));
    lines.into_iter().chain(kinds).collect()
}

#[test]
fn each_name_is_there() {
    named::all();
    let mut generated = HEAD.to_owned();
    for line in lines(&faces::read()) {
        writeln!(generated, "    {line}").unwrap();
    }
    generated.push_str("}\n");
    let path = faces::root().join("crates/beamlit-auth/tests/faces/named.rs");
    if std::env::var_os("BEAMLIT_WRITE_FACES").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap();
    assert!(
        committed == generated,
        "tests/faces.toml has changed; its head says how named.rs is written anew"
    );
}
