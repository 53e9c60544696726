//! Gives the shared library its name and keeps it loaded.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,{}", soname());
        // A renewal under way runs code of the library, so `dlclose` must not take that away.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        // Cargo's own `strip` spares the symbols here, for the sake of the static library.
        if std::env::var("PROFILE").as_deref() == Ok("release") {
            println!("cargo:rustc-cdylib-link-arg=-Wl,--strip-all");
        }
    }
}

/// The name by which programs load the library. Until 1.0 a minor version may break the ABI, so it is in the name.
fn soname() -> String {
    let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    if major == "0" { format!("libbeamlit_auth.so.0.{minor}") } else { format!("libbeamlit_auth.so.{major}") }
}
