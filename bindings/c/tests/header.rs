//! The header: what the generator makes of the exports is what is committed, and C and C++ compilers take it.
//!
//! With `BEAMLIT_WRITE_HEADER` set the generated header is written instead of compared.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Macros that no Rust item stands for.
const MACROS: &str = "
/** The version of this header. */
#define BEAMLIT_VERSION \"@VERSION@\"

/** The version of this header as one number, `0xMMmmpp`, for `beamlit_version_check`. */
#define BEAMLIT_VERSION_NUMBER @NUMBER@

/** Whether a status is a failure. */
#define BEAMLIT_IS_ERROR(status) ((status) >= 1000)";

fn generated() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let [major, minor, patch] =
        [env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"), env!("CARGO_PKG_VERSION_PATCH")]
            .map(|part| part.parse::<u32>().unwrap());
    let macros = MACROS
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@NUMBER@", &format!("{:#08x}", major << 16 | minor << 8 | patch));
    config.after_includes = Some(macros);
    let mut text = Vec::new();
    cbindgen::generate_with_config(folder, config).unwrap().write(&mut text);
    String::from_utf8(text).unwrap()
}

#[test]
fn the_committed_header_is_the_generated_one() {
    let path = root().join("include/beamlit_auth.h");
    if std::env::var_os("BEAMLIT_WRITE_HEADER").is_some() {
        fs::write(&path, generated()).unwrap();
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated(),
        "include/beamlit_auth.h differs from bindings/c/src; run: cargo xtask header"
    );
}
