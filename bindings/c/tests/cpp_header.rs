//! The C++ header: it documents every item, and compiles alone, strictly, in every way that its users compile.
#![expect(clippy::unwrap_used, reason = "the functions here fail the test that calls them")]

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use common::{STRICT_CPP, root, run, scratch};

/// Uses something of every sort, so that a definition that is not inline would be there twice.
const UNIT: &str = "#include <beamlit_auth.hpp>
#include <beamlit_auth.hpp>
int NAME();
int NAME() {
  auto config = beamlit::Config{}.workspace(\"acme\").timeout(std::chrono::seconds(1));
  auto session = beamlit::Session::try_open(config);
  if (!session) return session.error().exit_code();
  auto headers = session->try_headers(std::string_view(\"x\"), beamlit::Call{}.method(\"PUT\"));
  if (headers) for (auto [name, value] : *headers) if (name == value) return 1;
  if (!session->try_headers_since(\"x\", 1) || !session->try_token() || !session->try_renew()) return 2;
  if (!session->try_explain() || !session->try_logout() || !config.try_explain()) return 3;
  auto login = beamlit::Login::try_start();
  if (!login || !login->try_poll() || !login->try_wait(std::chrono::minutes(1))) return 4;
#ifdef __cpp_exceptions
  beamlit::check_version();
  (void)beamlit::Login::start(config).poll();
  return static_cast<int>(beamlit::Session::open().token().generation());
#else
  return beamlit::shutdown() ? 0 : 5;
#endif
}
";

/// Compiles a text, and gives the object file.
fn compile(compiler: &str, flags: &[&str], text: &str) -> PathBuf {
    let name = format!("{compiler}{}{}", flags.concat(), text.len());
    let (source, object) =
        (scratch("hpp").join(format!("{name}.cpp")), scratch("hpp").join(format!("{name}.o")));
    fs::write(&source, text).unwrap();
    let mut command = Command::new(compiler);
    command.args(STRICT_CPP).args(flags).arg("-I").arg(root().join("include"));
    run(command.arg("-c").arg(&source).arg("-o").arg(&object));
    object
}

fn compiles_in_every_way(compiler: &str) {
    for standard in ["-std=c++17", "-std=c++20", "-std=c++2b"] {
        compile(compiler, &[standard], "#include <beamlit_auth.hpp>\n");
        for exceptions in ["-fexceptions", "-fno-exceptions"] {
            for types in ["-frtti", "-fno-rtti"] {
                compile(compiler, &[standard, exceptions, types], &UNIT.replace("NAME", "unit"));
            }
        }
    }
}

#[test]
fn compiles_in_every_way_by_gcc() {
    compiles_in_every_way("g++");
}

#[test]
fn compiles_in_every_way_by_clang() {
    compiles_in_every_way("clang++");
}

#[test]
fn two_units_of_a_program_have_it_once() {
    let one = compile("c++", &["-std=c++17"], &UNIT.replace("NAME", "one"));
    let other = compile("c++", &["-std=c++17", "-fno-exceptions"], &UNIT.replace("NAME", "other"));
    run(Command::new("c++").args(["-r", "-o"]).arg(scratch("hpp").join("both.o")).args([one, other]));
}

fn header() -> String {
    fs::read_to_string(root().join("include/beamlit_auth.hpp")).unwrap()
}

/// The name that a line declares, if it is one that a reader of the header looks up: at the top level, or public and at
/// the top of a class.
fn declared(line: &str) -> Option<&str> {
    let words = line.trim_start();
    let depth = line.len() - words.len();
    let is_code = |word: &char| word.is_ascii_alphabetic() || *word == '~' || *word == '[';
    if depth > 2 || !words.starts_with(|letter| is_code(&letter)) || words.starts_with("using Handle") {
        return None;
    }
    let head = words.split(['(', '{', ';', '=']).next().unwrap().trim();
    let last =
        head.split_once("operator").map_or_else(|| head.rsplit([' ', '*', '&']).next(), |_| Some("operator"));
    last.filter(|name| !name.ends_with(':'))
}

#[test]
fn every_item_has_a_comment() {
    let header = header();
    let end = header.find("namespace detail").unwrap();
    let (mut in_class, mut private, mut before, mut last) = (false, false, "", "");
    let mut items = 0;
    for line in header[header.find("#include").unwrap()..end].lines() {
        match line {
            " private:" => private = true,
            " public:" => private = false,
            "};" => (in_class, private) = (false, false),
            _ => in_class |= ["class ", "struct ", "enum "].iter().any(|word| line.starts_with(word)),
        }
        if let Some(name) = declared(line).filter(|_| in_class && !private || !line.starts_with(' ')) {
            // The twin for a temporary stands next to the one that has the comment, as a body may.
            let documented = [before, line].iter().any(|line| line.ends_with("*/"))
                || before.starts_with("template")
                || last == name;
            assert!(documented, "no comment before: {line}");
            (last, items) = (name, items + 1);
        }
        if line.len() - line.trim_start().len() <= 3 && !line.starts_with('#') {
            before = line.trim();
        }
    }
    assert!(items > 120, "{items}");
}

#[test]
fn every_comment_is_a_sentence() {
    let header = header();
    let comments: Vec<_> =
        header.split("/**").skip(1).map(|rest| rest.split("*/").next().unwrap().trim()).collect();
    let bad = comments.iter().find(|text| !text.trim_start_matches('<').ends_with(['.', '`']));
    assert_eq!(bad, None);
}
