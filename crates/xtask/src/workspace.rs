//! Where things are.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::run::Run;

/// The folders of one checkout, and the log that its commands write to.
#[derive(Clone)]
pub(crate) struct Workspace {
    /// The top of the checkout.
    pub(crate) root: PathBuf,
    /// Cargo's output folder; everything that is installed or generated goes below it.
    pub(crate) target: PathBuf,
    log: PathBuf,
}

impl Workspace {
    /// The checkout this program was built from, with a log named after `name`.
    pub(crate) fn find(name: &str) -> Self {
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned();
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        Self { log: log_path(&target, name), root, target }
    }

    /// The same folders, with a log named after `name`.
    pub(crate) fn with_log(&self, name: &str) -> Self {
        Self { log: log_path(&self.target, name), ..self.clone() }
    }

    /// The file that holds everything that the commands of this workspace wrote.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// A program to be run from the top of the checkout, in the environment of whoever called `cargo xtask`.
    ///
    /// What `cargo run` adds to it would make build scripts that watch such a variable run again and again.
    pub(crate) fn run(&self, program: impl AsRef<OsStr>) -> Run {
        let names = env::vars_os().map(|(name, _)| name);
        let added = names.filter(|name| {
            let name = name.to_string_lossy();
            name == "LD_LIBRARY_PATH" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        added.fold(Run::new(program, &self.root, &self.log), Run::without_env)
    }

    /// The cargo that started this program.
    pub(crate) fn cargo(&self) -> Run {
        self.run(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// The interpreter of the virtual environment, made by [`crate::install::venv`].
    pub(crate) fn python(&self) -> PathBuf {
        self.target.join("venv/bin/python")
    }
}

fn log_path(target: &Path, name: &str) -> PathBuf {
    target.join("xtask").join(format!("{name}.log"))
}
