//! Work that need not be repeated: a stamp holds a digest of what went in.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::run::about;
use crate::workspace::Workspace;

/// Runs `work` unless it has succeeded before with the same inputs and `result` is still there.
///
/// The lock keeps two of these programs from installing into the same folder at once.
pub(crate) fn once(
    workspace: &Workspace,
    name: &str,
    inputs: &[&[u8]],
    result: &Path,
    work: impl FnOnce() -> Outcome,
) -> Outcome {
    let stamp =
        Stamp { path: workspace.target.join("xtask").join(format!("{name}.stamp")), digest: digest(inputs) };
    if result.exists() && stamp.is_current() {
        return Ok(());
    }
    let _lock = stamp.lock()?;
    if result.exists() && stamp.is_current() {
        return Ok(());
    }
    work()?;
    fs::write(&stamp.path, &stamp.digest).map_err(|error| about(&stamp.path, &error))
}

struct Stamp {
    path: PathBuf,
    digest: String,
}

impl Stamp {
    fn is_current(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|digest| digest == self.digest)
    }

    /// Waits for whoever does the same work now. The kernel drops the lock of a program that dies.
    fn lock(&self) -> Outcome<fs::File> {
        let path = self.path.with_extension("lock");
        let folder = path.parent().unwrap_or(Path::new("."));
        let open = fs::create_dir_all(folder).and_then(|()| fs::File::create(&path));
        let file = open.map_err(|error| about(&path, &error))?;
        file.lock().map_err(|error| about(&path, &error))?;
        Ok(file)
    }
}

fn digest(inputs: &[&[u8]]) -> String {
    let mut hasher = DefaultHasher::new();
    inputs.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
