//! The header: it is what the generator makes of the exports, documents every item, and compiles as C and C++.
//!
//! With `BEAMLIT_WRITE_HEADER` set the generated header is written instead of compared.
#![expect(clippy::unwrap_used, reason = "the functions here fail the test that calls them")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use beamlit_core::ErrorKind;
use common::{STRICT, header, root, run, scratch};

/// The sources in the order of the header. The generator is given no other.
const SOURCES: [&str; 13] = [
    "version",
    "status",
    "error",
    "credential",
    "store",
    "config",
    "session",
    "login",
    "headers",
    "token",
    "explanation",
    "log",
    "shutdown",
];

/// Macros that no Rust item stands for.
const MACROS: &str = r#"
/**
 * The version of this header; that of the library is `beamlit_version`.
 */
#define BEAMLIT_VERSION "@VERSION@"

/**
 * The version of this header as one number, `0xMMmmpp`, for `beamlit_version_check`.
 */
#define BEAMLIT_VERSION_NUMBER @NUMBER@

/**
 * As `timeout_ms`: wait as long as the config says, which is 30 seconds unless it says otherwise.
 */
#define BEAMLIT_TIMEOUT_DEFAULT (-1)

/**
 * Whether a status is a failure.
 */
#define BEAMLIT_IS_ERROR(status) ((status) >= 1000)"#;

fn generated() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let number = |part: &str| part.parse::<u32>().unwrap();
    let version = number(env!("CARGO_PKG_VERSION_MAJOR")) << 16
        | number(env!("CARGO_PKG_VERSION_MINOR")) << 8
        | number(env!("CARGO_PKG_VERSION_PATCH"));
    let macros = MACROS
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@NUMBER@", &format!("{version:#08x}"));
    config.after_includes = Some(macros);
    let builder = cbindgen::Builder::new().with_config(config);
    let source = |builder: cbindgen::Builder, name| builder.with_src(folder.join(format!("src/{name}.rs")));
    let mut text = Vec::new();
    SOURCES.iter().fold(builder, source).generate().unwrap().write(&mut text);
    String::from_utf8(text).unwrap()
}

/// The committed header, which is first written if that is asked for.
fn committed() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let path = root().join("include/beamlit_auth.h");
        if std::env::var_os("BEAMLIT_WRITE_HEADER").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, generated()).unwrap();
        }
        fs::read_to_string(&path).unwrap_or_default()
    });
    &TEXT
}

#[test]
fn the_committed_header_is_the_generated_one() {
    assert!(
        committed() == generated(),
        "include/beamlit_auth.h differs from bindings/c/src; `cargo xtask header` writes it"
    );
}

#[test]
fn every_source_is_in_the_header() {
    let folder = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let mut names: Vec<_> =
        folder.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.retain(|name| !["lib", "boundary", "custom_store"].contains(&name.as_str()));
    names.sort();
    let mut sources = SOURCES;
    sources.sort_unstable();
    assert_eq!(names, sources);
}

#[test]
fn every_item_has_a_comment_of_its_own() {
    for (comment, code) in header::items(committed()).into_iter().skip(1) {
        let code = code.replace("#ifdef __cplusplus\nextern \"C\" {\n#endif // __cplusplus", "");
        let code = code.split("\n#ifdef").next().unwrap().trim();
        let items = code.matches(';').count() + code.matches("#define").count();
        assert!(items == 1, "one comment for {items} items:\n{comment}\n{code}");
        let words = comment.replace(['*', '/'], "");
        assert!(words.trim().ends_with('.') || words.contains('|'), "no sentence: {comment}");
    }
}

#[test]
fn every_text_that_comes_out_says_how_long_it_lives() {
    for (comment, code) in header::items(committed()) {
        if code.starts_with("const char *") {
            let says =
                ["The string belongs to", "The string is static"].iter().any(|says| comment.contains(says));
            assert!(says, "{code}");
        }
    }
}

#[test]
fn every_kind_of_error_has_its_constant_and_no_other_has_one() {
    let found: Vec<(&str, i32)> = committed()
        .lines()
        .filter_map(|line| {
            let (name, number) = line.strip_prefix("#define BEAMLIT_")?.split_once(' ')?;
            Some((name, number.parse().ok()?))
        })
        .filter(|(name, _)| !name.starts_with("LOG_") && !name.starts_with("LOGOUT_"))
        .collect();
    let kinds = ErrorKind::ALL.iter().map(|kind| (kind.name().to_uppercase(), kind.code()));
    let no_failures = [("OK", 0), ("NOT_MODIFIED", 1), ("PENDING", 2)];
    let no_failures = no_failures.map(|(name, number)| (name.to_owned(), number));
    let found: Vec<_> = found.into_iter().map(|(name, number)| (name.to_owned(), number)).collect();
    assert_eq!(found, no_failures.into_iter().chain(kinds).collect::<Vec<_>>());
}

/// Compiles a text that includes the header, and gives the object file.
fn compile(name: &str, compiler: &str, standard: &str, text: &str) -> std::path::PathBuf {
    committed();
    let folder = scratch("header");
    let (source, object) = (folder.join(name), folder.join(format!("{name}.o")));
    fs::write(&source, text).unwrap();
    let mut command = Command::new(compiler);
    command.args(STRICT).arg(standard).arg("-I").arg(root().join("include"));
    run(command.arg("-c").arg(&source).arg("-o").arg(&object));
    object
}

/// Uses something of every sort, so that a definition in the header would be there twice.
const UNIT: &str = "#include <beamlit_auth.h>\n#include <beamlit_auth.h>\n\
    extern int NAME(void);\n\
    int NAME(void) { return BEAMLIT_IS_ERROR(BEAMLIT_OK) + (BEAMLIT_TIMEOUT_DEFAULT == -1); }\n";

#[test]
fn the_header_compiles_alone_and_twice_as_c99() {
    compile("alone.c", "cc", "-std=c99", "#include <beamlit_auth.h>\n");
    let one = compile("one.c", "cc", "-std=c99", &UNIT.replace("NAME", "one"));
    let two = compile("two.c", "cc", "-std=c99", &UNIT.replace("NAME", "two"));
    run(Command::new("cc").args(["-r", "-o"]).arg(scratch("header").join("both.o")).args([one, two]));
}

#[test]
fn the_header_compiles_alone_and_twice_as_cpp17() {
    compile("alone.cc", "c++", "-std=c++17", "#include <beamlit_auth.h>\n");
    let one = compile("one.cc", "c++", "-std=c++17", &UNIT.replace("NAME", "one"));
    let two = compile("two.cc", "c++", "-std=c++17", &UNIT.replace("NAME", "two"));
    run(Command::new("c++").args(["-r", "-o"]).arg(scratch("header").join("both-cc.o")).args([one, two]));
}
