//! The C and the C++ face of `tests/faces.toml`: each name that stands there is there, and no function stands in no row.
#![expect(clippy::unwrap_used, clippy::panic, reason = "the functions here fail the test that calls them")]

mod common;
#[path = "../../../tests/faces.rs"]
mod faces;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use beamlit_emulator::Emulator;
use common::programs::{Build, link, run_program};
use common::{STRICT_CPP, header, scratch};
use faces::Faces;

#[test]
fn each_function_of_the_header_stands_in_a_row_and_no_other_does() {
    let faces = faces::read();
    let rows = faces::names(&faces, |noun| &noun.c).into_iter();
    let rows: BTreeSet<_> = rows.chain(faces.setting.iter().map(|setting| setting.c.as_str())).collect();
    let declared = header::functions(&header::text());
    assert_eq!(rows, declared.iter().map(|function| function.name.as_str()).collect());
}

#[test]
fn one_kind_of_each_family_is_provoked_in_c_and_in_python() {
    for family in faces::read().family {
        let [c, python] = family.provoked.as_slice() else { panic!("family {}", family.number) };
        assert!(!c.starts_with("tests/python/") && python.starts_with("tests/python/"), "{c}, {python}");
        faces::check_test(c);
        faces::check_test(python);
    }
}

/// Takes the address of a member, of which there may be another for temporaries, or of a function.
const HEAD: &str = "#include <beamlit_auth.hpp>
template <class Member> void is_there(Member) {}
template <class Class, class Answer, class... Arguments> void is_there(Answer (Class::*)(Arguments...) &) {}
";

/// A line that names what a cell does.
fn line(cell: &str) -> String {
    let is_type = |name: &str| name.starts_with(char::is_uppercase) || name == "iterator";
    let last = cell.rsplit("::").next().unwrap();
    if is_type(last) || cell == "timeout_default" {
        return format!("static_assert(sizeof(beamlit::{cell}) > 0);");
    }
    format!("is_there(&beamlit::{cell});")
}

/// A line that gives a credential of that kind those fields, of which a config may complain or not.
fn fields(kind: &str, names: &[&str], complains: bool) -> String {
    let value = |name: &str| match name {
        "token_endpoint_auth_method" => "client_secret_post",
        "resource" => "https://api.example.com",
        _ => "EMULATOR",
    };
    let set: Vec<_> = names.iter().map(|name| format!(".set(\"{name}\", \"{}\")", value(name))).collect();
    let set = set.concat();
    let not = if complains { "" } else { "!" };
    let config = format!("beamlit::Config{{}}.credential(beamlit::Credential(\"{kind}\"){set})");
    format!("if ({not}{config}.try_explain()) return __LINE__ % 256;")
}

fn lines(faces: &Faces) -> Vec<String> {
    let mut lines: Vec<_> = faces::names(faces, |noun| &noun.cpp).into_iter().map(line).collect();
    lines.extend(faces.setting.iter().map(|setting| line(&format!("Config::{}", setting.name))));
    for kind in &faces.kind {
        let (name, number) = (&kind.name, kind.number);
        lines.push(format!("static_assert(static_cast<int>(beamlit::ErrorKind::{name}) == {number});"));
    }
    for credential in &faces.credential {
        let mut names: Vec<_> = credential.required.iter().map(String::as_str).collect();
        if let [_, others @ ..] = names.as_slice() {
            lines.push(fields(&credential.kind, others, true));
        }
        names.extend(credential.optional.iter().map(String::as_str));
        lines.push(fields(&credential.kind, &names, false));
        names.push("colour");
        lines.push(fields(&credential.kind, &names, true));
    }
    lines
}

#[test]
fn each_name_of_cpp_is_there() {
    let source = scratch("faces").join("named.cpp");
    let body = lines(&faces::read()).join("\n  ");
    fs::write(&source, format!("{HEAD}int main() {{\n  {body}\n  return 0;\n}}\n")).unwrap();
    let mut command = Command::new("c++");
    command.args(STRICT_CPP).arg("-std=c++17").arg(source);
    run_program(&link(command, "named", Build::Plain), &[], &Emulator::start().unwrap());
}
