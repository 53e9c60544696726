//! Other programs on PATH, the platform's own `bl` among them, which knows commands that this one does not.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The next `bl` on PATH that is not of this installation. It is looked at, never run.
pub(crate) fn next_bl() -> Option<PathBuf> {
    let own = own_folder();
    programs("bl").find(|program| folder_of(program) != own)
}

/// The programs of that name on PATH, first things first. Folders that depend on the working directory are left out.
pub(crate) fn programs(name: &str) -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    folders.into_iter().map(move |folder| folder.join(name)).filter(|program| is_executable(program))
}

/// The folder of this program, or of the script that an interpreter runs as this program.
fn own_folder() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    if matches!(program.file_name()?.to_str(), Some("bl" | "beamlit")) {
        return folder_of(&program);
    }
    folder_of(Path::new(&env::args_os().nth(1)?))
}

/// The folder that the file itself is in, whatever links led to it.
fn folder_of(file: &Path) -> Option<PathBuf> {
    Some(file.canonicalize().ok()?.parent()?.to_owned())
}

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}
