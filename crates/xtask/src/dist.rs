//! `cargo xtask dist --prefix DIR`: the C library as other build systems find it.
//!
//! Everything installed is relocatable: the folder can be moved or packed, and nothing in it holds an absolute path.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::arguments::Arguments;
use crate::run::about;
use crate::workspace::Workspace;

/// The version of the workspace, whose crates all have the same.
const VERSION: &str = env!("CARGO_PKG_VERSION");
const LIBRARY: &str = "libbeamlit_auth";
/// Where the templates of `bindings/c` go below the prefix.
const TEMPLATES: [(&str, &str); 3] = [
    ("beamlit-auth.pc.in", "lib/pkgconfig/beamlit-auth.pc"),
    ("cmake/beamlit-auth-config.cmake.in", "lib/cmake/beamlit-auth/beamlit-auth-config.cmake"),
    (
        "cmake/beamlit-auth-config-version.cmake.in",
        "lib/cmake/beamlit-auth/beamlit-auth-config-version.cmake",
    ),
];

pub(crate) fn command(workspace: &Workspace, mut arguments: Arguments) -> Outcome {
    let prefix = arguments.take_value("--prefix").ok_or("dist needs --prefix DIR")?;
    arguments.end()?;
    let prefix = std::path::absolute(&prefix).map_err(|error| about(Path::new(&prefix), &error))?;
    install(workspace, "release", &prefix)?;
    println!("installed below {}", prefix.display());
    Ok(())
}

/// Builds the C library with that profile and installs it below the prefix, over what an earlier run left there.
pub(crate) fn install(workspace: &Workspace, profile: &str, prefix: &Path) -> Outcome {
    if !cfg!(target_os = "linux") {
        return Err("dist knows the library names of Linux only".to_owned());
    }
    workspace.cargo().args(["build", "--profile", profile, "-p", "beamlit-auth-c"]).finish()?;
    let built = workspace.target.join(profile);
    copy(&built.join(format!("{LIBRARY}.a")), &prefix.join(format!("lib/{LIBRARY}.a")))?;
    copy(&built.join(format!("{LIBRARY}.so")), &prefix.join("lib").join(soname()))?;
    link(&soname(), &prefix.join(format!("lib/{LIBRARY}.so")))?;
    for header in headers(&workspace.root.join("include"))? {
        copy(&header, &prefix.join("include").join(header.file_name().unwrap_or_default()))?;
    }
    TEMPLATES.iter().try_for_each(|(template, file)| {
        fill(&workspace.root.join("bindings/c").join(template), &prefix.join(file))
    })
}

/// The name by which programs load the library; it changes with every minor version until 1.0.
fn soname() -> String {
    let mut parts = VERSION.split('.');
    match (parts.next(), parts.next()) {
        (Some("0"), Some(minor)) => format!("{LIBRARY}.so.0.{minor}"),
        (major, _) => format!("{LIBRARY}.so.{}", major.unwrap_or("0")),
    }
}

fn headers(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|error| about(folder, &error))?;
    Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
}

/// Writes a template with `@VERSION@` and `@SONAME@` filled in.
fn fill(template: &Path, file: &Path) -> Outcome {
    let text = fs::read_to_string(template).map_err(|error| about(template, &error))?;
    parent(file)?;
    let text = text.replace("@VERSION@", VERSION).replace("@SONAME@", &soname());
    fs::write(file, text).map_err(|error| about(file, &error))
}

/// Copies by a new file, so that a program that has the old library open keeps it whole.
fn copy(from: &Path, to: &Path) -> Outcome {
    parent(to)?;
    let new = to.with_extension("new");
    fs::copy(from, &new).map_err(|error| about(from, &error))?;
    fs::rename(&new, to).map_err(|error| about(to, &error))
}

fn link(target: &str, to: &Path) -> Outcome {
    // There may be no older link, and one that stays is reported by the next line.
    let _ = fs::remove_file(to);
    symlink(target, to).map_err(|error| about(to, &error))
}

fn parent(file: &Path) -> Outcome {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder).map_err(|error| about(folder, &error))
}
