//! `faces.toml` as data, for the tests of every crate that has a face. Each includes this file.
#![allow(dead_code, clippy::allow_attributes, reason = "each test uses some of it")]

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The file. What it must not lack is missed here: a row without all five cells is no row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Faces {
    pub(crate) noun: Vec<Noun>,
    pub(crate) credential: Vec<Credential>,
    pub(crate) setting: Vec<Setting>,
    pub(crate) family: Vec<Family>,
    pub(crate) kind: Vec<Kind>,
}

/// A noun or a verb, and what it is called.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Noun {
    pub(crate) name: String,
    pub(crate) rust: Cell,
    pub(crate) c: Cell,
    pub(crate) cpp: Cell,
    pub(crate) python: Cell,
    pub(crate) cli: Cell,
}

/// A kind of credential. A field has one name everywhere.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credential {
    /// What C, C++ and the JSON call it.
    pub(crate) kind: String,
    /// What Rust and Python call it.
    pub(crate) class: String,
    pub(crate) required: Vec<String>,
    pub(crate) optional: Vec<String>,
    pub(crate) cli: Cell,
}

/// A setting.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    /// What Rust and C++ call it.
    pub(crate) name: String,
    /// The type that Rust's setter takes.
    pub(crate) rust: String,
    pub(crate) c: String,
    pub(crate) python: String,
    pub(crate) cli: Cell,
}

/// A family of errors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Family {
    pub(crate) number: i32,
    pub(crate) python: String,
    /// Tests as `FILE: NAME`.
    pub(crate) provoked: Vec<String>,
}

/// A kind of error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    pub(crate) name: String,
    pub(crate) number: i32,
    pub(crate) retry: bool,
    /// A test as `FILE: NAME`.
    pub(crate) elsewhere: Option<String>,
    pub(crate) planned: Option<String>,
}

/// What something is called in one language.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Cell {
    One(String),
    Several(Vec<String>),
    Absent { absent: String },
}

impl Cell {
    /// The names; none where there is a reason.
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
            Self::Absent { absent } => {
                assert!(!absent.is_empty(), "an absence without a reason");
                &[]
            }
        }
    }
}

/// The names of one language in all rows.
pub(crate) fn names<'a>(faces: &'a Faces, cell: impl Fn(&'a Noun) -> &'a Cell) -> Vec<&'a str> {
    faces.noun.iter().flat_map(|noun| cell(noun).names()).map(String::as_str).collect()
}

/// Where the file is, and the root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Reads the file.
pub(crate) fn read() -> Faces {
    let text = std::fs::read_to_string(root().join("tests/faces.toml")).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("tests/faces.toml: {error}"))
}

/// Sees that a test that is named as `FILE: NAME` is there.
pub(crate) fn check_test(named: &str) {
    let (file, name) = named.split_once(": ").unwrap_or_else(|| panic!("{named} is not FILE: NAME"));
    let text = std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert!(text.contains(&format!(" {name}(")), "{file} has no test {name}");
}
