//! The ABI: what the libraries export is what the header declares and `tests/abi/symbols.txt` lists, and every export
//! is guarded.
#![expect(clippy::unwrap_used, reason = "the functions here fail the test that calls them")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{header, library_folder, root, stdout};

type Names = BTreeSet<String>;

/// The symbols of the list, each with the version that brought it.
fn listed() -> Vec<(String, String)> {
    let list = fs::read_to_string(root().join("tests/abi/symbols.txt")).unwrap();
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap()).map(|(name, since)| (name.into(), since.into())).collect()
}

fn listed_names() -> Names {
    listed().into_iter().map(|(name, _)| name).collect()
}

/// The names that `nm` prints with those arguments.
fn nm(arguments: &[&str], library: &str) -> Names {
    let output = stdout(Command::new("nm").args(arguments).arg(library_folder().join(library)));
    output.lines().filter_map(|line| line.split_whitespace().nth(2)).map(str::to_owned).collect()
}

#[test]
fn the_list_is_sorted_and_says_since_when() {
    let listed = listed();
    let mut sorted = listed.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(listed, sorted);
    let version = |text: &str| text.split('.').map(|part| part.parse::<u32>().unwrap()).collect::<Vec<_>>();
    let now = version(env!("CARGO_PKG_VERSION"));
    for (name, since) in &listed {
        assert!(version(since) <= now, "{name} is of the future: {since}");
    }
}

#[test]
fn the_header_declares_what_the_list_has() {
    let declared: Names =
        header::functions(&header::text()).into_iter().map(|function| function.name).collect();
    assert_eq!(declared, listed_names());
}

#[test]
fn the_shared_library_exports_that_and_nothing_else() {
    assert_eq!(nm(&["-D", "--defined-only"], "libbeamlit_auth.so"), listed_names());
}

#[test]
fn the_static_library_has_it_too() {
    let mut found = nm(&["--defined-only", "--extern-only", "--quiet"], "libbeamlit_auth.a");
    found.retain(|name| name.starts_with("beamlit_"));
    assert_eq!(found, listed_names());
}

#[test]
fn the_shared_library_has_a_versioned_name_and_stays_loaded() {
    let library = library_folder().join("libbeamlit_auth.so");
    let dynamic = stdout(Command::new("readelf").arg("-dW").arg(library));
    let parts: Vec<_> = env!("CARGO_PKG_VERSION").split('.').collect();
    let soname = format!("[libbeamlit_auth.so.{}.{}]", parts[0], parts[1]);
    assert!(dynamic.contains(&soname), "no {soname} in\n{dynamic}");
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
}

/// The sources of this crate.
fn sources() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// The exports of a source.
fn exports(text: &str) -> Vec<syn::ItemFn> {
    let is_export = |function: &syn::ItemFn| {
        let name = |attribute: &syn::Attribute| match &attribute.meta {
            syn::Meta::List(list) => list.tokens.to_string(),
            meta => meta.path().get_ident().map(ToString::to_string).unwrap_or_default(),
        };
        function
            .attrs
            .iter()
            .any(|attribute| ["no_mangle", "export_name"].contains(&name(attribute).as_str()))
    };
    let items = syn::parse_file(text).unwrap().items.into_iter();
    items
        .filter_map(|item| if let syn::Item::Fn(function) = item { Some(function) } else { None })
        .filter(is_export)
        .collect()
}

/// Whether a function's body is one call of a guard.
fn is_guarded(function: &syn::ItemFn) -> bool {
    let [syn::Stmt::Expr(syn::Expr::Call(call), _)] = function.block.stmts.as_slice() else { return false };
    let syn::Expr::Path(path) = call.func.as_ref() else { return false };
    ["guard", "guard_handle", "guard_call"].iter().any(|guard| path.path.is_ident(guard))
}

#[test]
fn every_export_is_one_guard() {
    let mut names = Names::new();
    for (path, text) in sources() {
        for function in exports(&text) {
            assert!(is_guarded(&function), "{} in {} is not one guard", function.sig.ident, path.display());
            names.insert(function.sig.ident.to_string());
        }
    }
    assert_eq!(names, listed_names());
}

#[test]
fn unsafe_blocks_are_in_the_boundary_alone() {
    for (path, text) in sources() {
        let words = ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"];
        let found = words.iter().find(|word| text.contains(**word));
        assert!(found.is_none() || path.ends_with("boundary.rs"), "{found:?} in {}", path.display());
    }
}
